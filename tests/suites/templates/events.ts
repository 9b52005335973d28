import { randomUUID } from "node:crypto";
import { ProduceAcks, Producer } from "@platformatic/kafka";
import type { SystemEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import type { TemplatePlatform } from "./platform.ts";
import type { RunningService } from "./running-service.ts";

export const TENANT = 10_001;
export const OTHER_TENANT = 10_002;
export const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
export const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

/** An event as another service writes it. */
export function eventOf(text: string, more: Partial<SystemEvent> = {}): SystemEvent {
  const facts = {
    aggregate_id: "elsewhere",
    event_type: "DISK_FULL",
    event_data: { text },
    timestamp: Date.now(),
    version: 1,
  };
  return { id: randomUUID(), tenant_id: TENANT, ...facts, ...more };
}

export interface Written {
  value: Buffer | null;
  headers?: Record<string, string>;
}

/** Writes records to the topic, in this order. */
export async function write({ producer, topic }: TemplatePlatform, ...records: Written[]): Promise<void> {
  const messages = records.map(({ value, headers = {} }) => ({ key: "elsewhere", value, headers }));
  await producer.send({ topic, messages });
}

export async function writeEvent(
  ground: TemplatePlatform,
  event: SystemEvent,
  headers: Record<string, string> = {},
): Promise<void> {
  const own = { tenant_id: String(event.tenant_id), version: String(event.version) };
  await write(ground, { value: ground.encode(event), headers: { ...own, ...headers } });
}

export const COMPRESSIONS = ["gzip", "snappy", "lz4", "zstd"] as const;

/** Writes one compressed batch. */
export async function writeCompressed(
  ground: TemplatePlatform,
  compression: (typeof COMPRESSIONS)[number],
  ...events: SystemEvent[]
): Promise<void> {
  const producer = new Producer({ clientId: "tests", bootstrapBrokers: [ground.brokers] });
  const messages = events.map((event) => ({
    topic: ground.topic,
    key: Buffer.from("elsewhere"),
    value: ground.encode(event),
  }));
  await producer.send({ messages, compression, acks: ProduceAcks.ALL });
  await producer.close();
}

/** Frames Avro bytes with any schema id, without checking them. */
export function framed(id: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, body]);
}

/** A later version of V1_SYSTEM's schema, with one more field. */
export const laterSchema = (() => {
  const schema = JSON.parse(schemas.V1_SYSTEM) as { fields: unknown[] };
  return JSON.stringify({ ...schema, fields: [{ name: "origin", type: "string", default: "" }, ...schema.fields] });
})();

/** Texts of the notices that a tenant sees, newest first. */
export async function noticesOf(running: RunningService, tenant = TENANT): Promise<string[]> {
  const { status, body } = await running.call("GET", "/api/v1/notices", { headers: { "x-tenant-id": String(tenant) } });
  if (status !== 200) throw new Error(`notices: ${status} ${JSON.stringify(body)}`);
  return (body.notices as { text: string }[]).map(({ text }) => text);
}

/** The value of one sample of `/metrics`; 0 when it is not there. */
export async function metric(running: RunningService, name: string, labels: Record<string, string>): Promise<number> {
  const { text } = await running.call("GET", "/metrics");
  const line = text
    .split("\n")
    .find(
      (one) =>
        one.startsWith(`${name}{`) &&
        Object.entries(labels).every(([label, value]) => one.includes(`${label}="${value}"`)),
    );
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ")));
}
