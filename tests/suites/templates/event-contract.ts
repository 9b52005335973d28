import assert from "node:assert/strict";
import avsc from "avsc";
import { waitUntil } from "../../support/eventually.ts";
import { startOtlpReceiver } from "../../support/kit/otlp-receiver.ts";
import { readTopic } from "../../support/services/records.ts";
import { values } from "./builds.ts";
import {
  COMPRESSIONS,
  eventOf,
  framed,
  laterSchema,
  metric,
  noticesOf,
  OTHER_TENANT,
  TENANT,
  TRACE,
  TRACEPARENT,
  write,
  writeCompressed,
  writeEvent,
} from "./events.ts";
import { notice, tenant } from "./http-contract.ts";
import { startService, waitUntilHealthy } from "./running-service.ts";
import type { TemplateSubjectWithEvents } from "./subject.ts";

/** OTLP's status of a span that failed. */
const ERROR = 2;

/** The contract of templates that read and write events; runs after `httpContract`. */
export function eventContract(at: TemplateSubjectWithEvents): void {
  const records = () => ({ client: at.ground.client, registry: { url: at.ground.registryUrl } });

  it("starts while its dependencies are away, reports them down, and marks failed spans (SDG-3, OBS-5)", async () => {
    const receiver = await startOtlpReceiver();
    const away = {
      ...at.environment,
      KAFKA_BROKERS: "127.0.0.1:9",
      SCHEMA_REGISTRY_URL: "http://127.0.0.1:9",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    };
    const isolated = await waitUntilHealthy(await startService(at.built, away));
    const { status, body } = await isolated.call("GET", "/ready");
    assert.deepEqual([status, body], [503, { status: "not_ready", checks: { broker: "down", registry: "down" } }]);
    const refused = await isolated.call("POST", "/api/v1/notices", { headers: tenant, body: notice });
    assert.deepEqual([refused.status, refused.body.error.code], [503, "unavailable"]);
    await waitUntil("the spans of the request", () => receiver.spans.length === 2);
    const failed = receiver.spans.map(({ name, status }) => [name, status.code]).sort();
    assert.deepEqual(failed, [
      ["POST /api/v1/notices", ERROR],
      [`send ${at.ground.topic}`, ERROR],
    ]);
    isolated.signal("SIGTERM");
    assert.deepEqual(await isolated.ended, [0, null]);
    await receiver.close();
  });

  it("publishes framed Avro with key and headers (SDG-6)", async () => {
    const headers = { ...tenant, "x-correlation-id": "publish-2", traceparent: TRACEPARENT };
    const { status, body } = await at.service.call("POST", "/api/v1/notices", { headers, body: notice });
    assert.equal(status, 201);
    const isOurs = (record: { headers: Record<string, string> }) => record.headers.correlation_id === "publish-2";
    const record = (await readTopic(records(), at.ground.topic, (seen) => seen.some(isOurs))).find(isOurs)!;
    const { id, timestamp, ...rest } = await at.ground.decode(record.raw);
    const event_data = { text: JSON.parse(notice).text as string };
    assert.deepEqual(rest, {
      tenant_id: TENANT,
      aggregate_id: values.name,
      event_type: "DISK_FULL",
      event_data,
      version: 1,
    });
    assert.deepEqual([body.id, body.timestamp], [id, new Date(timestamp).toISOString()]);
    assert.equal(record.key, values.name);
    assert.deepEqual(record.headers, {
      tenant_id: String(TENANT),
      version: "1",
      correlation_id: "publish-2",
      traceparent: TRACEPARENT,
    });
  });

  it("shows a tenant its events from other services, once, and no other tenant's (SDG-5, SDG-6)", async () => {
    const [mine, theirs] = [eventOf("mine"), eventOf("theirs", { tenant_id: OTHER_TENANT })];
    for (const event of [mine, theirs, mine, eventOf("last")])
      await writeEvent(at.ground, event, { correlation_id: "other-service-1", traceparent: TRACEPARENT });
    await waitUntil("the last is there", async () => (await noticesOf(at.service))[0] === "last");
    assert.deepEqual((await noticesOf(at.service)).slice(0, 2), ["last", "mine"]);
    assert.deepEqual(await noticesOf(at.service, OTHER_TENANT), ["theirs"]);
    assert.deepEqual(await noticesOf(at.service, 10_003), []);
    assert.equal(await metric(at.service, "consumer_events_total", { topic: at.ground.topic, result: "duplicate" }), 1);
    const lines = () =>
      at.service.log().filter((line) => line.msg === "event" && line.correlation_id === "other-service-1");
    await waitUntil("a line for each of them", () => lines().length === 4);
    assert.deepEqual(lines().map(({ tenant_id, trace_id }) => [tenant_id, trace_id])[1], [OTHER_TENANT, TRACE]);
  });

  it("reads events written with a later version of the schema (SDG-6)", async () => {
    const id = await at.ground.register(laterSchema);
    const body = avsc.Type.forSchema(JSON.parse(laterSchema)).toBuffer({ ...eventOf("later"), origin: "tomorrow" });
    await write(at.ground, { value: framed(id, body) });
    await waitUntil("it is there", async () => (await noticesOf(at.service))[0] === "later");
  });

  it("reads events compressed with any codec (SDG-6)", async () => {
    for (const compression of COMPRESSIONS) {
      await writeCompressed(
        at.ground,
        compression,
        eventOf(`${compression}, to and fro`),
        eventOf(`${compression}, to and fro again`),
      );
      await waitUntil(
        `${compression} is there`,
        async () => (await noticesOf(at.service))[0] === `${compression}, to and fro again`,
      );
      assert.equal((await noticesOf(at.service))[1], `${compression}, to and fro`);
    }
  });

  it("sends unreadable events to the dead letters, with the reason, and continues (SDG-6)", async () => {
    const { ground, service } = at;
    const good = ground.encode(eventOf("behind the poison"));
    const poison: [Buffer | null, RegExp][] = [
      [Buffer.from("no avro at all"), /framed/],
      [null, /framed/],
      [framed(999_999, good.subarray(5)), /999999/],
      [good.subarray(0, good.length - 3), /fit/],
      [Buffer.concat([good, Buffer.from("left over")]), /fit|more/],
    ];
    await write(ground, ...poison.map(([value]) => ({ value, headers: { correlation_id: "poison-1" } })));
    const foreign = { value: ground.encode(eventOf("for whom?")), headers: { tenant_id: String(OTHER_TENANT) } };
    await write(ground, foreign, { value: good });
    await waitUntil("the good one is there", async () => (await noticesOf(service))[0] === "behind the poison");
    assert.ok(![...(await noticesOf(service)), ...(await noticesOf(service, OTHER_TENANT))].includes("for whom?"));
    const expected = [...poison.map(([, reason]) => reason), /tenant/];
    const dead = await readTopic(records(), ground.deadLetters, (seen) => seen.length >= expected.length, false);
    assert.equal(dead.length, expected.length);
    for (const [index, reason] of expected.entries()) {
      const { headers } = dead[index]!;
      const said = Object.entries(headers).filter(([name]) => name.startsWith("dead_letter_"));
      const { dead_letter_reason, dead_letter_offset, ...rest } = Object.fromEntries(said);
      assert.match(dead_letter_reason!, reason);
      assert.match(dead_letter_offset!, /^\d+$/);
      // The kit's consumers write the same headers.
      const facts = {
        dead_letter_group: values.name,
        dead_letter_topic: ground.topic,
        dead_letter_partition: "0",
        dead_letter_attempts: "1",
      };
      assert.deepEqual(rest, facts);
    }
    assert.deepEqual([dead[0]!.raw.toString(), dead[0]!.headers.correlation_id], ["no avro at all", "poison-1"]);
    assert.equal(await metric(service, "consumer_events_total", { result: "dead_letter" }), expected.length);
    assert.equal((await ground.members(values.name)).length, 1);
  });
}

/** Runs after `stopContract`: a member rejoins its group. */
export function returnContract(at: TemplateSubjectWithEvents): void {
  it("resumes at its group's offset (SDG-6)", async () => {
    await write(at.ground, { value: Buffer.from("poison") });
    await writeEvent(at.ground, eventOf("after the restart"));
    const returned = await waitUntilHealthy(await startService(at.built, at.environment));
    await waitUntil(
      "the last is there",
      async () => (await noticesOf(returned))[0] === "after the restart",
      Boolean,
      20_000,
    );
    assert.deepEqual(
      (await noticesOf(returned)).filter((text) => text !== "in flight"),
      ["after the restart"],
    );
    assert.equal(await metric(returned, "consumer_events_total", { result: "dead_letter" }), 1);
    returned.signal("SIGTERM");
    assert.deepEqual(await returned.ended, [0, null]);
  });
}
