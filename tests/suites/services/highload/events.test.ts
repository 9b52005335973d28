import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { eventuallyPasses, waitUntil } from "../../../support/eventually.ts";
import {
  createUser,
  metric,
  processed,
  type RunningHighload,
  withHighload,
} from "../../../support/services/highload-client.ts";
import { countRows, OTHER_TENANT, TENANT } from "../../../support/services/platform.ts";
import { readTopic } from "../../../support/services/records.ts";
import { requestsTo, type SendRequest } from "../../../support/services/wallet-client.ts";

describe("events of the high-load service (HLS-1)", () => {
  let running: RunningHighload;
  let call: SendRequest;
  withHighload((started) => {
    running = started;
    call = started.call;
  });
  const report = (body: unknown) => call("POST", "/api/v1/events", body);
  const eventBody = (fields: Record<string, unknown> = {}) => ({
    user_id: randomUUID(),
    type: "user_action",
    data: '{"action": "login"}',
    ...fields,
  });

  it("accepts an event and shows when it was processed", async () => {
    const { id: user_id } = await createUser(call);
    const { status, body } = await report(eventBody({ user_id }));
    assert.equal(status, 201);
    assert.deepEqual(body, {
      id: body.id,
      user_id,
      type: "user_action",
      data: '{"action": "login"}',
      created_at: body.created_at,
    });
    assert.equal(new Date(body.created_at).toISOString(), body.created_at);
    const after = await processed(call, body.id);
    assert.deepEqual(after, { ...body, processed_at: after.processed_at });
    assert.ok(after.processed_at >= body.created_at);
  });

  it("publishes an event as Avro, keyed by user, and processes it once however often it comes (HLS-3, INF-8)", async () => {
    const sent = eventBody({ data: "once" });
    const { body } = await report(sent);
    const [record] = await readTopic(running.at, "user-events", (all) =>
      all.some(({ event }) => event?.event_data.event_id === body.id),
    ).then((all) => all.filter(({ event }) => event?.event_data.event_id === body.id));
    assert.equal(record!.key, sent.user_id);
    assert.deepEqual([record!.headers.tenant_id, record!.headers.version], [String(TENANT), "1"]);
    const { event } = record!;
    assert.deepEqual(JSON.parse(JSON.stringify({ ...event, id: typeof event.id, timestamp: typeof event.timestamp })), {
      id: "string",
      tenant_id: TENANT,
      aggregate_id: sent.user_id,
      event_type: "USER_EVENT_CREATED",
      event_data: { event_id: body.id, ...sent },
      timestamp: "number",
      version: 1,
    });
    const { processed_at } = await processed(call, body.id);
    const duplicates = () => metric(running.base, "consumer_events_total", 'result="duplicate"');
    const before = await duplicates();
    const producer = running.at.client.producer();
    await producer.connect();
    const { tenant_id, version } = record!.headers as { tenant_id: string; version: string };
    await producer.send({
      topic: "user-events",
      messages: [{ key: record!.key, value: record!.raw, headers: { tenant_id, version } }],
    });
    await producer.disconnect();
    await waitUntil("the duplicate is noticed", async () => (await duplicates()) === before + 1);
    assert.equal((await call("GET", `/api/v1/events/${body.id}`)).body.processed_at, processed_at);
  });

  it("accepts events of unknown and removed users", async () => {
    const { id: user_id } = await createUser(call);
    const { body } = await report(eventBody({ user_id }));
    await call("DELETE", `/api/v1/users/${user_id}`);
    assert.equal((await call("GET", `/api/v1/events/${body.id}`)).status, 200);
    assert.equal((await report(eventBody())).status, 201);
  });

  it("commits and processes hundreds of concurrent events of two tenants", async () => {
    const foreign = requestsTo(running.base, OTHER_TENANT);
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const tenant = index % 3 === 0 ? foreign : call;
        return { tenant, index, ...(await tenant("POST", "/api/v1/events", eventBody({ data: `n ${index}` }))) };
      }),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 300);
    for (const { tenant, index, body } of answers) assert.equal((await processed(tenant, body.id)).data, `n ${index}`);
    assert.equal((await call("GET", `/api/v1/events/${answers[0]!.body.id}`)).status, 404);
  });

  for (const text of [
    "",
    "🙂👩‍👩‍👧‍👦",
    "שלום עולם",
    "مرحبا",
    "e\u0301",
    '{"a":"\\"\\\\{}"}',
    "{1,2,null}",
    "NULL",
    "null",
    "\\N",
    "line\nline\r\n\ttab",
    "a\u202Eb",
    "x".repeat(60_000),
  ])
    it(`keeps ${JSON.stringify(text).slice(0, 40)} byte for byte through database and broker`, async () => {
      const { body } = await report(eventBody({ data: text, type: text.slice(0, 100) || "t" }));
      assert.equal((await processed(call, body.id)).data, text);
    });

  it("treats missing data as empty text", async () => {
    const { status, body } = await report(eventBody({ data: undefined }));
    assert.deepEqual([status, body.data], [201, ""]);
  });

  it("lists the newest first, in pages", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await report(eventBody())).body.id);
    const listed = [];
    for (const page of [1, 2]) listed.push(...(await call("GET", `/api/v1/events?page=${page}&limit=3`)).body);
    assert.deepEqual(
      listed.slice(0, 5).map(({ id }) => id),
      ids.toReversed(),
    );
    const { body } = await call("GET", "/api/v1/events");
    assert.equal(body.length, 10);
    for (const { processed_at } of body) assert.ok(processed_at === undefined || typeof processed_at === "string");
  });

  const refused: [string, string, string, unknown, number, string][] = [
    ["no user", "POST", "/events", { type: "a", data: "" }, 400, "user_id"],
    ["a user id that is not a UUID", "POST", "/events", eventBody({ user_id: "1" }), 400, "body/user_id"],
    ["no type", "POST", "/events", eventBody({ type: undefined }), 400, "type"],
    ["an empty type", "POST", "/events", eventBody({ type: "" }), 400, "body/type"],
    ["data that is not text", "POST", "/events", eventBody({ data: { action: "login" } }), 400, "body/data"],
    ["NUL in data", "POST", "/events", eventBody({ data: "a\0b" }), 400, "body/data"],
    [
      "half a surrogate pair in data",
      "POST",
      "/events",
      '{"user_id":"5c1b9d3e-7e2b-4f8e-9c58-2f9e3d9f6a11","type":"a","data":"\\udc00"}',
      400,
      "body/data",
    ],
    ["an unknown field", "POST", "/events", eventBody({ processed_at: "now" }), 400, "body/processed_at"],
    ["no JSON", "POST", "/events", "{", 400, "well-formed JSON"],
    ["data beyond the limit", "POST", "/events", eventBody({ data: "x".repeat(10_000_000) }), 413, "larger"],
    ["an id that is none", "GET", "/events/1", undefined, 400, "params/id"],
    ["an unknown id", "GET", `/events/${randomUUID()}`, undefined, 404, "There is no event"],
    ["page 0", "GET", "/events?page=0", undefined, 400, "querystring/page"],
    ["limit 10^9", "GET", "/events?limit=1000000000", undefined, 400, "querystring/limit"],
  ];
  for (const [what, method, path, sent, status, words] of refused)
    it(`refuses ${what} with ${status}, names it and writes nothing`, async () => {
      const before = await countRows(running.at, "highload.events");
      const { status: given, body } = await call(method, `/api/v1${path}`, sent);
      assert.equal(given, status);
      assert.ok(body.error.message.includes(words), body.error.message);
      assert.equal(await countRows(running.at, "highload.events"), before);
    });

  it("shows another tenant no event (SDG-5)", async () => {
    const { body } = await report(eventBody());
    const foreign = requestsTo(running.base, OTHER_TENANT);
    assert.equal((await foreign("GET", `/api/v1/events/${body.id}`)).status, 404);
    assert.ok(
      !(await foreign("GET", "/api/v1/events?limit=100")).body.some(({ id }: { id: string }) => id === body.id),
    );
  });

  it("never marks another tenant's event as processed, whatever a record says (HLS-3)", async () => {
    const producer = running.at.client.producer();
    await producer.connect();
    const dead = () => metric(running.base, "consumer_events_total", 'result="dead_letter"');
    const before = await dead();
    try {
      const { body } = await report(eventBody());
      const [record] = (
        await readTopic(running.at, "user-events", (all) =>
          all.some(({ event }) => event?.event_data.event_id === body.id),
        )
      ).filter(({ event }) => event?.event_data.event_id === body.id);
      // One record whose header and event name different tenants, and one that is not Avro.
      const headers = { tenant_id: String(OTHER_TENANT), version: "1" };
      await producer.send({
        topic: "user-events",
        messages: [
          { key: record!.key, value: record!.raw, headers },
          { key: "x", value: Buffer.from("no Avro"), headers },
        ],
      });
    } finally {
      await producer.disconnect();
    }
    await eventuallyPasses(async () => assert.equal((await dead()) - before, 2));
    // Later events are processed.
    const { body } = await report(eventBody());
    await processed(call, body.id);
  });
});
