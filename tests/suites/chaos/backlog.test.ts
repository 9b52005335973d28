import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createEventEnvelope } from "@plinth/kit/core/event-envelope.ts";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import type { ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { root } from "@plinth/local/locations.ts";
import { deadLetterTopic } from "@plinth/schemas/catalog.ts";
import type { UserEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { residentBytes } from "../../support/resident-memory.ts";
import { type Platform, platform, TENANT } from "../../support/services/platform.ts";
import { startService } from "../../support/services/service-under-test.ts";
import { endOffset, lag, waitUntilSettled } from "../../support/services/topic-state.ts";

const TOPIC = "user-events";
const RECORDS = 20_000;
const TEXT = "x".repeat(10_000);
const MIB = 1024 * 1024;
/**
 * Above the idle service: a fetch of each partition, some transactions, and the garbage of both.
 * Far below the backlog of 190 MiB.
 */
const MAX_GROWTH_MIB = 150;

describe("highload behind a slow database (HLS-3)", function () {
  this.timeout(120_000);
  const descriptor = discoverServices(root).find(({ name }) => name === "highload")!;
  let at: Platform;
  let service: ServiceProcess;

  before(async () => {
    at = await platform();
    service = await startService(descriptor, at);
  });
  after(() => service.stop());

  it("bounds its memory while its lag grows, answers readers, and catches up afterwards", async () => {
    await publish(at, 500);
    await waitUntilSettled({ at, descriptor });
    const idle = residentBytes(service.pid());
    const blocker = await at.sql.connect();
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, residentBytes(service.pid()))), 50);
    try {
      // Blocks the workers' writes, but not reads.
      await blocker.query("begin; lock table highload.events in share row exclusive mode");
      await publish(at, RECORDS);
      const behind = await lag(at, "highload-service", TOPIC);
      assert.ok(behind > RECORDS * 0.9, `only ${behind} records behind: the database was not slow`);
      const answer = await fetch(`${service.baseUrl}/api/v1/events?limit=1`);
      assert.equal(answer.status, 200);
      await blocker.query("commit");
      await waitUntilSettled({ at, descriptor });
    } finally {
      clearInterval(watch);
      await blocker.query("rollback");
      blocker.release();
    }
    const grown = (peak - idle) / MIB;
    console.log(
      `      ${((RECORDS * TEXT.length) / MIB).toFixed(0)} MiB of backlog; ${(idle / MIB).toFixed(0)} MiB resident before, ${grown.toFixed(0)} more at most`,
    );
    assert.ok(grown < MAX_GROWTH_MIB, `grew by ${grown.toFixed(0)} MiB`);
    assert.equal(
      await endOffset(at, deadLetterTopic(TOPIC)),
      0,
      "an event became a dead letter because the database was slow",
    );
  });
});

async function publish({ client, registry }: Platform, count: number): Promise<void> {
  const codec = createEventCodec<{ [TOPIC]: UserEvent }>(createSchemaRegistryClient(registry.url), {
    [TOPIC]: schemas[TOPIC],
  });
  await codec.loadSchemaIds();
  const producer = client.producer();
  await producer.connect();
  const headers = { tenant_id: String(TENANT), version: "1" };
  for (let sent = 0; sent < count; sent += 100) {
    const messages = Array.from({ length: 100 }, () => {
      const user = randomUUID();
      const event_data = { event_id: randomUUID(), user_id: user, type: "backlog", data: TEXT };
      const event: UserEvent = { ...createEventEnvelope(TENANT, user), event_type: "USER_EVENT_CREATED", event_data };
      return { key: user, value: codec.encode(TOPIC, event), headers };
    });
    await producer.send({ topic: TOPIC, messages });
  }
  await producer.disconnect();
}
