import { randomUUID } from "node:crypto";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import type { PaymentEvent, UserEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { median, medianAndRange } from "../statistics.ts";

type Events = { V1_PAYMENTS: PaymentEvent; "user-events": UserEvent };

const RUNS = 7;
const EVENTS = 20_000;

/**
 * Compares the kit's codec, with the catalogue's schemas and Confluent's framing, with
 * `JSON.stringify` and `JSON.parse`.
 */
export async function benchmarkAvro(): Promise<BenchmarkRow[]> {
  const registry = { findSchemaId: async () => 1, check: async () => undefined };
  const rows: BenchmarkRow[] = [];
  for (const topic of ["V1_PAYMENTS", "user-events"] as const) {
    const schemaOf = async () => schemas[topic];
    const codec = createEventCodec<Events>(
      { ...registry, getSchema: schemaOf },
      { V1_PAYMENTS: schemas.V1_PAYMENTS, "user-events": schemas["user-events"] },
    );
    await codec.loadSchemaIds();
    const event = examples[topic];
    const avro = async () => {
      for (let index = 0; index < EVENTS; index++) await codec.decode(topic, codec.encode(topic, event));
    };
    const json = async () => {
      for (let index = 0; index < EVENTS; index++)
        await (JSON.parse(Buffer.from(JSON.stringify(event)).toString()) as Promise<unknown>);
    };
    const times = await measureInTurns({ avro, json }, RUNS, cpuMicrosecondsPerEvent);
    const [ours, theirs] = [times.avro!, times.json!].map((values) => medianAndRange(values, (us) => us.toFixed(2)));
    const faster = median(times.json!) / median(times.avro!);
    const bytes = codec.encode(topic, event).length / Buffer.byteLength(JSON.stringify(event));
    rows.push(
      {
        what: `avro: ${topic}, encode and decode against JSON`,
        goal: "≥ 2×",
        measured: `${faster.toFixed(1)}×: ${ours} µs`,
        baseline: `JSON ${theirs} µs`,
      },
      { what: `avro: ${topic}, bytes against JSON`, goal: "≤ 40 %", measured: `${Math.round(bytes * 100)} %` },
    );
  }
  return rows;
}

/** CPU time of one event. */
async function cpuMicrosecondsPerEvent(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / EVENTS;
}

const envelope = {
  id: randomUUID(),
  tenant_id: 10_001,
  aggregate_id: randomUUID(),
  timestamp: Date.now(),
  version: 1,
} as const;

const examples: Events = {
  V1_PAYMENTS: {
    ...envelope,
    event_type: "PAYMENT_DEBITED",
    event_data: {
      payment_id: randomUUID(),
      account_id: envelope.aggregate_id,
      amount_cents: 12_345,
      currency: "EUR",
      reason: "BET",
      bet_id: randomUUID(),
    },
  },
  "user-events": {
    ...envelope,
    event_type: "USER_EVENT_CREATED",
    event_data: { event_id: randomUUID(), user_id: envelope.aggregate_id, type: "page_view", data: "/products/42" },
  },
};
