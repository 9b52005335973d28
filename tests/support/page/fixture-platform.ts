import type { Alert } from "@plinth/local/page/model/alert.ts";
import type { CompatibilityResult, SchemaSubject, TenantSummary } from "@plinth/local/page/model/platform.ts";
import type { AlertSource, SchemaSource, TenantSource, TopicSource } from "@plinth/local/page/model/sources.ts";
import type { TopicPartition, TopicRecord, TopicSummary } from "@plinth/local/page/model/topic.ts";
import { HOSTILE } from "./fixture-names.ts";
import { traceId } from "./fixture-traces.ts";

const MINUTE_MS = 60_000;

export class FixtureAlerts implements AlertSource {
  alerts: Alert[] = [
    createAlert("ServiceDown", "firing", "critical", "orders", 4),
    createAlert("ConsumerLagging", "pending", "warning", "ledger", 1),
    createAlert("SlowRoute", "resolved", "warning", "catalog", 190),
  ];

  async list(): Promise<Alert[]> {
    return this.alerts;
  }
}

function createAlert(
  name: string,
  state: Alert["state"],
  severity: Alert["severity"],
  service: string,
  minutes: number,
): Alert {
  const since = Date.now() - minutes * MINUTE_MS;
  return {
    name,
    state,
    severity,
    labels: { service, route: HOSTILE },
    summary: `${service}: ${name} holds`,
    action: `Read the console of ${service}, and restart it once the cause is found.`,
    runbook: name.replace(/[A-Z]/g, (letter, place) => (place > 0 ? "-" : "") + letter.toLowerCase()),
    since: new Date(since).toISOString(),
    ...(state === "resolved" && { resolvedAt: new Date(since + 22 * MINUTE_MS).toISOString() }),
  };
}

const TOPICS: readonly TopicSummary[] = [
  { name: "orders.created", partitions: 6, records: 18_204, deadLetter: false, groups: [{ group: "mail", lag: 0 }] },
  {
    name: "wallet.bet-placed.v1",
    partitions: 6,
    records: 104_233,
    deadLetter: false,
    groups: [
      { group: "ledger", lag: 0 },
      { group: "search", lag: 1_208 },
    ],
  },
  { name: "wallet.bet-placed.v1.dlq", partitions: 1, records: 3, deadLetter: true, groups: [] },
];

export class FixtureTopics implements TopicSource {
  readonly replayed: string[] = [];

  async list(): Promise<TopicSummary[]> {
    return [...TOPICS];
  }

  async partitions(topic: string): Promise<TopicPartition[]> {
    const count = TOPICS.find(({ name }) => name === topic)?.partitions ?? 0;
    return Array.from({ length: count }, (_, partition) => ({ partition, low: "0", high: "17372", leader: 1 }));
  }

  async records(topic: string, limit: number, before?: { partition: number; offset: string }): Promise<TopicRecord[]> {
    const newest = Number(before?.offset ?? (topic.endsWith(".dlq") ? 3 : 17_372)) - 1;
    return Array.from({ length: Math.min(limit, newest + 1) }, (_, index) => ({
      partition: before?.partition ?? 0,
      offset: String(newest - index),
      time: new Date(Date.now() - index * 2_000).toISOString(),
      key: `20000:${900 + index}`,
      headers: { traceparent: `00-${traceId(index)}-cccccccccccccc01-01`, "x-hostile": HOSTILE },
      schema: { subject: "wallet.bet-placed-value", version: 2, id: 12 },
      value: JSON.stringify({ id: 900 + index, amount: 2_500, currency: "EUR", note: HOSTILE }),
      encoding: "avro" as const,
    }));
  }

  async replay(topic: string, partition: number, offset: string): Promise<{ topic: string }> {
    this.replayed.push(`${topic} ${partition} ${offset}`);
    return { topic: topic.replace(/\.dlq$/, "") };
  }
}

const FIELDS = [
  { name: "id", type: "long" },
  { name: "amount", type: "long" },
  { name: "currency", type: "string", default: "EUR" },
  { name: "note", type: ["null", "string"], default: null },
];

export class FixtureSchemas implements SchemaSource {
  async list(): Promise<SchemaSubject[]> {
    return ["orders.created-value", "wallet.bet-placed-value"].map((subject) => ({
      subject,
      versions: [1, 2, 3],
      compatibility: "BACKWARD",
      schema: schemaOf(3),
    }));
  }

  async version(_subject: string, version: number): Promise<string> {
    return schemaOf(version);
  }

  async tryOut(_subject: string, schema: string): Promise<CompatibilityResult> {
    return schema.includes('"required"')
      ? { compatible: false, messages: ["READER_FIELD_MISSING_DEFAULT_VALUE: field 'required' has no default"] }
      : { compatible: true, messages: [] };
  }
}

function schemaOf(version: number): string {
  return JSON.stringify({ type: "record", name: "BetPlaced", fields: FIELDS.slice(0, version + 1) });
}

export class FixtureTenants implements TenantSource {
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  async list(): Promise<TenantSummary[]> {
    return Array.from({ length: this.count }, (_, index) => ({
      id: 20_000 + index,
      name: index === 1 ? HOSTILE : `tenant-${index + 1}`,
      rows: { users: 120 + index, bets: 8_200 - index * 13, balances: 120 + index },
      lines: 44_000 - index * 100,
      cacheUser: `tenant_${20_000 + index}`,
    }));
  }
}
