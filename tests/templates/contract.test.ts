import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import avsc from "avsc";
import { readTopic } from "../services/records.ts";
import { until } from "../support/eventually.ts";
import { type Built, build, imageOf, values } from "./builds.ts";
import { eventOf, framed, laterSchema, metric, noticesOf, OTHER_TENANT, TENANT, TRACE, TRACEPARENT, write, writeEvent } from "./events.ts";
import { type Ground, prepareGround } from "./ground.ts";
import { checksOf, lacking, messagingLanguages } from "./languages.ts";
import { type Running, start, whenHealthy } from "./running.ts";

const tenant = { "x-tenant-id": String(TENANT) };
const notice = JSON.stringify({ type: "DISK_FULL", text: "Диск полон – 硬盘 – قرص 🪣" });

/** What a service in any language promises to the platform, shown on processes that run as `make up` runs them (INF-14, SDG-1..7). */
for (const language of messagingLanguages) {
  describe(`the ${language} template (INF-14)`, () => {
    let ground: Ground;
    let built: Built;
    let service: Running;
    let environment: Record<string, string>;

    before(async function () {
      const reason = await lacking(language);
      if (reason !== undefined) {
        console.error(`    SKIPPED: the ${language} template is not proved by this run. ${reason}`);
        this.skip();
      }
      built = await build(language);
      ground = await prepareGround(`V1_SYSTEM_${language.toUpperCase()}`);
      environment = {
        KAFKA_BROKERS: ground.brokers,
        SCHEMA_REGISTRY_URL: ground.registryUrl,
        TOPIC_V1_SYSTEM: ground.topic,
        TOPIC_V1_SYSTEM_DLQ: ground.deadLetters,
        VERSION: "1.2.3",
      };
      service = await whenHealthy(await start(built, environment));
      await until("it is ready", async () => (await service.call("GET", "/ready")).status === 200);
    });
    after(() => ground?.close());

    it("passes its own checks", () => {
      for (const [program, ...args] of checksOf(language)) {
        const { status, stdout, stderr } = spawnSync(program, args, { cwd: built.folder, encoding: "utf8" });
        assert.equal(status, 0, `${program} ${args.join(" ")}: ${stdout}${stderr}`);
      }
    });

    it("names every fault of its environment in one message, repeats no value, and ends", async () => {
      const refused = await start(built, { KAFKA_BROKERS: "s3cret", PORT: "http", LOG_LEVEL: "loud" });
      const [code] = await refused.ended;
      assert.equal(code, 1);
      for (const name of ["KAFKA_BROKERS", "PORT", "LOG_LEVEL"]) assert.match(refused.err, new RegExp(`^  ${name} must be `, "m"));
      assert.match(refused.err, /^ {2}SCHEMA_REGISTRY_URL is missing$/m);
      assert.doesNotMatch(refused.err, /s3cret|loud/);
    });

    it("starts while what it needs is away, and says so (SDG-3)", async () => {
      const nowhere = { ...environment, KAFKA_BROKERS: "127.0.0.1:9", SCHEMA_REGISTRY_URL: "http://127.0.0.1:9" };
      const lonely = await whenHealthy(await start(built, nowhere));
      const { status, body } = await lonely.call("GET", "/ready");
      assert.deepEqual([status, body], [503, { status: "not_ready", checks: { broker: "down", registry: "down" } }]);
      const refused = await lonely.call("POST", "/api/v1/notices", { headers: tenant, body: notice });
      assert.deepEqual([refused.status, refused.body.error.code], [503, "unavailable"]);
      lonely.signal("SIGTERM");
      assert.deepEqual(await lonely.ended, [0, null]);
    });

    it("is alive and ready once everything is there (SDG-3)", async () => {
      assert.deepEqual((await service.call("GET", "/health")).body, { status: "ok" });
      assert.deepEqual((await service.call("GET", "/ready")).body, { status: "ready", checks: { broker: "up", registry: "up" } });
    });

    it("answers nobody whose tenant is missing or no number (SDG-5)", async () => {
      const cases: [string | undefined, string][] = [
        [undefined, "tenant_required"],
        ["", "tenant_required"],
        ...["abc", "0", "-1", "1.5", "1e3", "010", "0x10", "9007199254740993", "١٢", "1, 2"].map((bad): [string, string] => [
          bad,
          "tenant_invalid",
        ]),
      ];
      for (const [given, code] of cases) {
        const headers: Record<string, string> = given === undefined ? {} : { "x-tenant-id": Buffer.from(given).toString("latin1") };
        for (const [method, body] of [["GET"], ["POST", notice]] as const) {
          const answer = await service.call(method, "/api/v1/notices", { headers, ...(body && { body }) });
          assert.deepEqual([answer.status, answer.body.error.code], [400, code], `${method} ${given}`);
          assert.equal(answer.body.error.correlation_id, answer.headers["x-correlation-id"]);
          assert.equal(typeof answer.body.error.message, "string");
        }
      }
    });

    it("refuses what is no notice, in the one envelope", async () => {
      const cases: [string, number, string][] = [
        ["{", 400, "invalid_request"],
        ["[]", 400, "invalid_request"],
        ["null", 400, "invalid_request"],
        ['{"type":"DISK_FULL"}', 400, "invalid_request"],
        ['{"type":"disk full","text":"x"}', 400, "invalid_request"],
        ['{"type":"DISK_FULL","text":""}', 400, "invalid_request"],
        ['{"type":"DISK_FULL","text":7}', 400, "invalid_request"],
        ['{"type":"DISK_FULL","text":"x","more":1}', 400, "invalid_request"],
        [JSON.stringify({ type: "DISK_FULL", text: "x".repeat(1001) }), 400, "invalid_request"],
        [JSON.stringify({ type: "DISK_FULL", text: "x".repeat(200_000) }), 413, "payload_too_large"],
      ];
      for (const [body, status, code] of cases) {
        const answer = await service.call("POST", "/api/v1/notices", { headers: tenant, body });
        assert.deepEqual([answer.status, answer.body.error?.code], [status, code], body.slice(0, 60));
      }
      const plain = await service.call("POST", "/api/v1/notices", { headers: { ...tenant, "content-type": "text/plain" }, body: notice });
      assert.deepEqual([plain.status, plain.body.error.code], [415, "unsupported_media_type"]);
      const nowhere = await service.call("GET", "/api/v1/nowhere", { headers: tenant });
      assert.deepEqual([nowhere.status, nowhere.body.error.code], [404, "not_found"]);
    });

    it("gives a request's correlation id back, or one of its own", async () => {
      const given = await service.call("GET", "/health", { headers: { "x-correlation-id": "abc-1.2_3" } });
      assert.equal(given.headers["x-correlation-id"], "abc-1.2_3");
      const malformed = await service.call("GET", "/health", { headers: { "x-correlation-id": 'a"b' } });
      assert.match(String(malformed.headers["x-correlation-id"]), /^[\w-]{8,}$/);
    });

    it("publishes framed Avro with key and headers, and sees it come back (SDG-6)", async () => {
      const headers = { ...tenant, "x-correlation-id": "publish-1", traceparent: TRACEPARENT };
      const { status, body } = await service.call("POST", "/api/v1/notices", { headers, body: notice });
      assert.equal(status, 201);
      const [record] = await readTopic(
        { client: ground.client, registry: { url: ground.registryUrl } },
        ground.topic,
        (seen) => seen.length > 0,
      );
      const event = await ground.decode(record!.raw);
      const { id, timestamp, ...rest } = event;
      assert.deepEqual(rest, {
        tenant_id: TENANT,
        aggregate_id: values.name,
        event_type: "DISK_FULL",
        event_data: { text: JSON.parse(notice).text },
        version: 1,
      });
      assert.deepEqual(body, { id, type: "DISK_FULL", text: rest.event_data.text, timestamp: new Date(timestamp).toISOString() });
      assert.ok(Math.abs(Date.now() - timestamp) < 60_000);
      assert.equal(record!.key, values.name);
      assert.deepEqual(record!.headers, { tenant_id: String(TENANT), version: "1", correlation_id: "publish-1", traceparent: TRACEPARENT });
      await until("its own consumer has it", async () => (await noticesOf(service)).includes(rest.event_data.text!));
    });

    it("shows a tenant what other services wrote to it, and nobody else's (SDG-5)", async () => {
      const [mine, theirs] = [eventOf("mine"), eventOf("theirs", { tenant_id: OTHER_TENANT })];
      for (const event of [mine, theirs, mine, eventOf("last")]) await writeEvent(ground, event);
      await until("the last is there", async () => (await noticesOf(service))[0] === "last");
      assert.deepEqual((await noticesOf(service)).slice(0, 2), ["last", "mine"]);
      assert.deepEqual(await noticesOf(service, OTHER_TENANT), ["theirs"]);
      assert.deepEqual(await noticesOf(service, 10_003), []);
      assert.equal(await metric(service, "consumer_events_total", { topic: ground.topic, result: "duplicate" }), 1);
    });

    it("reads what a later version of the schema wrote (SDG-6)", async () => {
      const id = await ground.register(laterSchema);
      const body = avsc.Type.forSchema(JSON.parse(laterSchema)).toBuffer({ ...eventOf("later"), origin: "tomorrow" });
      await write(ground, { value: framed(id, body) });
      await until("it is there", async () => (await noticesOf(service))[0] === "later");
    });

    it("puts aside what nobody can read, with the reason, and goes on (SDG-6)", async () => {
      const good = ground.encode(eventOf("behind the poison"));
      const poison: [Buffer | null, RegExp][] = [
        [Buffer.from("no avro at all"), /framed/],
        [null, /framed/],
        [framed(999_999, good.subarray(5)), /999999/],
        [good.subarray(0, good.length - 3), /./],
        [Buffer.concat([good, Buffer.from("left over")]), /./],
      ];
      const foreign = eventOf("for whom?");
      await write(ground, ...poison.map(([value]) => ({ value, headers: { correlation_id: "poison-1" } })));
      await write(ground, { value: ground.encode(foreign), headers: { tenant_id: String(OTHER_TENANT) } }, { value: good });
      await until("the good one is there", async () => (await noticesOf(service))[0] === "behind the poison");
      assert.ok(!(await noticesOf(service, OTHER_TENANT)).includes("for whom?"));
      const expected = [...poison.map(([, reason]) => reason), /tenant/];
      const platform = { client: ground.client, registry: { url: ground.registryUrl } };
      const dead = await readTopic(platform, ground.deadLetters, (seen) => seen.length >= expected.length, false);
      assert.equal(dead.length, expected.length);
      for (const [index, reason] of expected.entries()) {
        const { dead_letter_reason, dead_letter_topic, dead_letter_group, dead_letter_offset } = dead[index]!.headers;
        assert.match(dead_letter_reason!, reason);
        assert.deepEqual([dead_letter_topic, dead_letter_group], [ground.topic, values.name]);
        assert.match(dead_letter_offset!, /^\d+$/);
      }
      assert.deepEqual([dead[0]!.raw.toString(), dead[0]!.headers.correlation_id], ["no avro at all", "poison-1"]);
      assert.equal(await metric(service, "consumer_events_total", { result: "dead_letter" }), expected.length);
    });

    it("measures requests by route, and events by what became of them (SDG-7)", async () => {
      const labels = { method: "POST", route: "/api/v1/notices", status: "201" };
      assert.equal(await metric(service, "http_request_duration_seconds_count", labels), 1);
      assert.ok((await metric(service, "consumer_events_total", { topic: ground.topic, result: "applied" })) >= 5);
      const { text, headers } = await service.call("GET", "/metrics");
      assert.match(String(headers["content-type"]), /^text\/plain/);
      // What somebody types into a path must not become a time series.
      assert.doesNotMatch(text, /nowhere/);
    });

    it("describes its routes in OpenAPI (SDG-7)", async () => {
      const { openapi, paths } = (await service.call("GET", "/openapi.json")).body;
      assert.match(openapi, /^3\./);
      assert.deepEqual(Object.keys(paths), ["/api/v1/notices"]);
      assert.deepEqual(Object.keys(paths["/api/v1/notices"]).sort(), ["get", "post"]);
      for (const method of ["get", "post"]) {
        const { parameters, responses } = paths["/api/v1/notices"][method];
        const header = parameters.find((one: { name: string }) => one.name.toLowerCase() === "x-tenant-id");
        assert.deepEqual([header.in, header.required], ["header", true]);
        assert.ok(responses[method === "post" ? 201 : 200]);
      }
    });

    it("logs JSON with correlation and trace, for requests and for events (SDG-7)", () => {
      const lines = service.log();
      for (const line of lines) {
        assert.match(String(line.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
        assert.deepEqual([line.service, line.version], [values.name, "1.2.3"]);
        assert.match(String(line.level), /^(trace|debug|info|warn|error)$/);
      }
      const request = lines.find((line) => line.msg === "request" && line.correlation_id === "publish-1")!;
      assert.deepEqual([request.method, request.route, request.status, request.trace_id], ["POST", "/api/v1/notices", 201, TRACE]);
      assert.equal(typeof request.duration_ms, "number");
      const event = lines.find((line) => line.msg === "event" && line.correlation_id === "publish-1")!;
      assert.deepEqual([event.tenant_id, event.trace_id], [TENANT, TRACE]);
      assert.ok(!lines.some(({ route }) => route === "/health" || route === "/metrics"));
    });

    it("has an image of two stages on pinned bases, run by somebody without rights, that can tell its health (SDG-1)", () => {
      const { stages, health } = imageOf(built);
      assert.ok(stages.length >= 2);
      for (const stage of stages)
        assert.match(stage[0]![1], /^(\S+:[\w.-]*\d[\w.-]*@sha256:[0-9a-f]{64}|\S+:nonroot@sha256:[0-9a-f]{64})( AS \w+)?$/);
      for (const [, rest] of stages.flat().filter(([word, first]) => word === "COPY" && !first.startsWith("--")))
        for (const source of rest.split(/\s+/).slice(0, -1)) assert.ok(existsSync(join(built.folder, source)), source);
      const last = stages.at(-1)!;
      assert.deepEqual(last.find(([word]) => word === "USER")?.[1], "1000");
      assert.ok(last.find(([word]) => word === "ENTRYPOINT")?.[1].startsWith("["), "an entry point without a shell");
      assert.equal(health(service.port), 0);
      assert.equal(health(9), 1);
    });

    it("finishes the request that it has, leaves its group, and ends with 0 on SIGTERM (SDG-1)", async () => {
      assert.equal((await ground.members(values.name)).length, 1);
      const slow = await service.slowly("/api/v1/notices", tenant, JSON.stringify({ type: "DISK_FULL", text: "in flight" }));
      const begun = Date.now();
      service.signal("SIGTERM");
      await until("nobody else is let in", () =>
        service.call("GET", "/health").then(
          () => false,
          () => true,
        ),
      );
      const { status, body } = await slow.finish();
      assert.deepEqual([status, body.text], [201, "in flight"]);
      assert.deepEqual(await service.ended, [0, null]);
      assert.ok(Date.now() - begun < 5000, `it took ${Date.now() - begun} ms`);
      assert.deepEqual(await ground.members(values.name), []);
    });

    it("goes on where its group left off; without a topic for dead letters it counts and skips (SDG-6)", async () => {
      const { TOPIC_V1_SYSTEM_DLQ: _, ...without } = environment;
      await write(ground, { value: Buffer.from("poison") });
      await writeEvent(ground, eventOf("after the restart"));
      service = await whenHealthy(await start(built, without));
      await until("the last is there", async () => (await noticesOf(service))[0] === "after the restart", Boolean, 20_000);
      assert.deepEqual(
        (await noticesOf(service)).filter((text) => text !== "in flight"),
        ["after the restart"],
      );
      assert.equal(await metric(service, "consumer_events_total", { result: "skipped" }), 1);
      service.signal("SIGTERM");
      assert.deepEqual(await service.ended, [0, null]);
    });
  });
}
