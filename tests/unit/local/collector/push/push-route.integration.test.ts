import assert from "node:assert/strict";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import pg from "pg";
import snappy from "snappyjs";
import { encodeMessage } from "../../../../support/collector/protobuf.ts";
import { type RunningCollector, runCollector } from "../../../../support/collector/running-collector.ts";
import { eventually } from "../../../../support/eventually.ts";
import { postgres, stopServers } from "../../../../support/servers/servers.ts";

const TENANTS = [10001, 10002, Number.MAX_SAFE_INTEGER];
const now = () => `${Date.now()}000000`;

describe("Loki's push", function () {
  this.timeout(100_000);
  let running: RunningCollector;
  before(async () => {
    const { url } = await postgres();
    const client = new pg.Client(url);
    await client.connect();
    await client.query("create table tenants (id bigint primary key)");
    await client.query("insert into tenants select unnest($1::bigint[])", [TENANTS]);
    await client.end();
    running = await runCollector({ databaseUrl: url });
  });
  after(async () => {
    await running.stop();
    await stopServers();
  });

  interface PushOptions {
    tenant?: string | undefined;
    headers?: Record<string, string>;
    path?: string;
  }

  async function push(body: Uint8Array | string, { tenant = "10002", headers, path }: PushOptions = {}) {
    const response = await fetch(`${running.loki}${path ?? "/loki/api/v1/push"}`, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        ...(tenant === "" ? {} : { "x-scope-orgid": tenant }),
        ...headers,
      },
    });
    return { status: response.status, text: (await response.text()).trim() };
  }

  const lines = (values: unknown[], labels: Record<string, string> = { service: "shop", env: "local", version: "1" }) =>
    JSON.stringify({ streams: [{ stream: labels, values }] });

  const find = (account: number, query: string) => running.store.client.find(account, query);
  const arrives = (account: number, message: string) =>
    eventually(`'${message}' under ${account}`, async () => (await find(account, `"${message}"`))[0]);
  async function countAll(): Promise<number> {
    await running.store.client.makeSearchable();
    const accounts = await running.store.client.accounts(Date.now() - 86_400_000, Date.now() + 86_400_000);
    const counts = await Promise.all(accounts.map(async (account) => (await find(account, "origin:=push")).length));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  it("answers 204, and the line is found under its tenant within a second (OBS-2)", async () => {
    const pushedAt = Date.now();
    assert.deepEqual(await push(lines([[now(), "hello from curl"]])), { status: 204, text: "" });
    const found = await arrives(10002, "hello from curl");
    assert.ok(Date.now() - pushedAt < 1000, `${Date.now() - pushedAt} ms`);
    assert.deepEqual(
      [found.service, found.env, found.version, found.origin, found.level],
      ["shop", "local", "1", "push", "info"],
    );
    assert.equal((await find(10001, '"hello from curl"')).length, 0);
  });

  for (const [what, tenant, status, sentence] of [
    ["without a tenant", "", 401, /X-Scope-OrgID is missing/],
    ["for a name", "fake", 400, /one whole number from 1 to 9007199254740991/],
    ["for 0", "0", 400, /one whole number/],
    ["for a negative number", "-1", 400, /one whole number/],
    ["for a fraction", "1.5", 400, /one whole number/],
    ["for a number beyond the range", "9007199254740992", 400, /one whole number/],
    ["for several tenants", "10001|10002", 400, /one whole number/],
    ["for two headers' worth of tenants", "10001, 10002", 400, /one whole number/],
    ["for another account's project", "10001:7", 400, /one whole number/],
    ["for an unknown tenant", "424242", 400, /There is no tenant 424242/],
  ] as const) {
    it(`${what} is refused with one sentence, and nothing is kept (OBS-2)`, async () => {
      const before = await countAll();
      const answer = await push(lines([[now(), "must not be kept"]]), { tenant });
      assert.equal(answer.status, status);
      assert.match(answer.text, sentence);
      assert.equal(answer.text.includes("\n"), false);
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert.equal(await countAll(), before);
    });
  }

  it("takes the greatest tenant number", async () => {
    assert.equal((await push(lines([[now(), "greatest"]]), { tenant: String(Number.MAX_SAFE_INTEGER) })).status, 204);
    await arrives(Number.MAX_SAFE_INTEGER, "greatest");
  });

  it("takes gzip, and protobuf compressed by snappy with structured metadata", async () => {
    const zipped = gzipSync(lines([[now(), "zipped", { trace_id: "abc" }]]));
    assert.equal((await push(zipped, { headers: { "content-encoding": "gzip" } })).status, 204);
    assert.equal((await arrives(10002, "zipped")).trace_id, "abc");
    const nanos = 123_456_789;
    const seconds = Math.floor(Date.now() / 1000) - 5;
    const body = snappy.compress(
      protobufPush('{service="go", env="local", quoted="a\\"b"}', seconds, nanos, "from protobuf"),
    );
    assert.deepEqual(await push(body, { headers: { "content-type": "application/x-protobuf" } }), {
      status: 204,
      text: "",
    });
    const found = await arrives(10002, "from protobuf");
    assert.deepEqual([found.service, found.quoted, found.user], ["go", 'a"b', "u1"]);
    assert.match(found._time ?? "", /\.123456789Z$/);
  });

  it("cannot write what only the collector writes, nor reach another account", async () => {
    const labels = { service: "evil", origin: "console", process: "wallet", kind: "span", AccountID: "7" };
    const line = JSON.stringify({ msg: "spoofed", origin: "console", process: "x", kind: "span", _stream: "{}" });
    const path = "/loki/api/v1/push?AccountID=7&ProjectID=3&_stream_fields=kind&extra_fields=kind=span";
    const answer = await push(lines([[now(), line]], labels), {
      headers: { AccountID: "7", ProjectID: "3", "VL-Extra-Fields": "kind=span", "VL-Stream-Fields": "kind" },
      path,
    });
    assert.equal(answer.status, 204);
    const found = await arrives(10002, "spoofed");
    assert.deepEqual([found.origin, found.process, found.kind], ["push", undefined, undefined]);
    assert.equal(found._stream, '{service="evil"}');
    assert.deepEqual(await find(7, "*"), []);
    assert.deepEqual(await find(10001, '{kind="span"}'), []);
  });

  it("takes the fields and the level of a JSON line", async () => {
    const line = { level: "error", msg: "refused bet", trace_id: "0af7651916cd43dd8448eb211c80319c", bet: { id: 7 } };
    await push(lines([[now(), JSON.stringify(line)]]));
    const found = await arrives(10002, "refused bet");
    assert.deepEqual([found.level, found.trace_id, found["bet.id"]], ["error", line.trace_id, "7"]);
  });

  it("says which lines were not kept because of their time, and keeps the others", async () => {
    const at = (ms: number) => `${Date.now() + ms}000000`;
    const answer = await push(
      lines([
        [at(-8 * 86_400_000), "too old"],
        [at(3_600_000), "too far ahead"],
        [at(-6 * 86_400_000), "days old"],
        [at(60_000), "slightly ahead"],
        [at(-1000), "out of order"],
      ]),
    );
    assert.equal(answer.status, 400);
    assert.match(answer.text, /^2 of 5 lines were not kept: 1 are older than 7 days, 1 are more than 10 minutes ahead/);
    for (const kept of ["days old", "slightly ahead", "out of order"]) await arrives(10002, kept);
    assert.deepEqual(await find(10002, '"too old" or "too far ahead"'), []);
    assert.match(await running.collector().metrics(), /plinth_collector_dropped_total\{reason="too old"\} 1/);
  });

  for (const [what, body, status, sentence] of [
    ["no JSON", "{", 400, /^The body is no JSON/],
    ["an array", "[]", 400, /^The body must be an object/],
    ["no streams", "{}", 400, /^'streams' is missing/],
    ["no labels", '{"streams":[{"stream":{},"values":[]}]}', 400, /^streams\[0\] has no labels/],
    ["a time that is no text", lines([[1, "x"]]), 400, /^streams\[0\]\.values\[0\]\[0\] must be a text of nanoseconds/],
    ["a line that is no text", lines([[now(), 1]]), 400, /^streams\[0\]\.values\[0\]\[1\] must be the line/],
    [
      "too many labels",
      lines([], Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`l${n}`, "v"]))),
      400,
      /40 labels/,
    ],
    ["9 MB", "x".repeat(9 << 20), 413, /^The body is larger than 8388608 bytes/],
    ["9 MB within 9 KB of gzip", gzipSync("x".repeat(9 << 20)), 413, /^The body is larger/],
    ["a broken gzip", Buffer.from("no gzip"), 400, /^The body is no gzip/],
  ] as const) {
    it(`with ${what} is refused with one sentence, and nothing is kept`, async () => {
      const isZipped = typeof body !== "string";
      const answer = await push(body, isZipped ? { headers: { "content-encoding": "gzip" } } : {});
      assert.equal(answer.status, status);
      assert.match(answer.text, sentence);
    });
  }

  it("refuses other media types and broken protobuf", async () => {
    assert.equal((await push("x", { headers: { "content-type": "text/plain" } })).status, 415);
    const protobuf = { headers: { "content-type": "application/x-protobuf" } };
    assert.match((await push("not snappy", protobuf)).text, /not compressed by snappy/);
    assert.match((await push(snappy.compress(Buffer.from("no protobuf")), protobuf)).text, /not Loki.s PushRequest/);
  });

  it("serves /ready and nothing else of Loki", async () => {
    assert.equal((await fetch(`${running.loki}/ready`)).status, 200);
    const labels = await fetch(`${running.loki}/loki/api/v1/labels`);
    assert.deepEqual(
      [labels.status, (await labels.text()).trim()],
      [404, "Only POST /loki/api/v1/push is served here: read lines on the page"],
    );
    assert.equal((await fetch(`${running.loki}/loki/api/v1/push`)).status, 405);
  });

  it("survives a client that goes away in the middle of its body", async () => {
    const sent = request(`${running.loki}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-scope-orgid": "10002", "content-length": 1000 },
    });
    sent.on("error", () => undefined);
    sent.write("{");
    await new Promise((resolve) => setTimeout(resolve, 50));
    sent.destroy();
    assert.equal((await push(lines([[now(), "after"]]))).status, 204);
  });

  it("keeps 10,000 values of a label out of the store's streams (OBS-7)", async () => {
    const streams = Array.from({ length: 10_000 }, (_, n) => ({
      stream: { service: "many", user: `u${n}` },
      values: [[now(), "one of many"]],
    }));
    assert.equal((await push(JSON.stringify({ streams }))).status, 204);
    await eventually("all", async () => (await find(10002, 'service:=many "one of many" user:=u9999')).length === 1);
    assert.equal((await find(10002, "service:=many | stats by (_stream) count() n")).length, 1);
  });

  it("answers 204 while the store is away, and delivers after a restart of both (OBS-7)", async () => {
    await running.store.kill();
    for (let n = 0; n < 20; n++) assert.equal((await push(lines([[now(), `buffered ${n}`]]))).status, 204);
    await running.restart();
    assert.equal((await push(lines([[now(), "buffered 20"]]))).status, 204);
    await running.store.start();
    await eventually("all", async () => {
      const found = await find(10002, '"buffered"');
      return new Set(found.map(({ _msg }) => _msg)).size === 21;
    });
  });

  it("answers at once while the store hangs (OBS-7)", async () => {
    process.kill(running.store.pid(), "SIGSTOP");
    try {
      const startedAt = Date.now();
      for (let n = 0; n < 50; n++) assert.equal((await push(lines([[now(), `while it hangs ${n}`]]))).status, 204);
      assert.ok(Date.now() - startedAt < 2000, `${Date.now() - startedAt} ms`);
    } finally {
      process.kill(running.store.pid(), "SIGCONT");
    }
    await eventually("all", async () => {
      const found = await find(10002, '"while it hangs"');
      return new Set(found.map(({ _msg }) => _msg)).size === 50;
    });
  });

  it("ends while the store hangs long before it would be killed, and keeps what waits (OBS-7)", async () => {
    process.kill(running.store.pid(), "SIGSTOP");
    let took = 0;
    try {
      assert.equal((await push(lines([[now(), "waits for a new store"]]))).status, 204);
      const startedAt = Date.now();
      await running.restart();
      took = Date.now() - startedAt;
    } finally {
      process.kill(running.store.pid(), "SIGCONT");
    }
    // Of its 15 s; a start waits 2 s for the store.
    assert.ok(took < 8000, `${took} ms`);
    await eventually("it", async () => (await find(10002, '"waits for a new store"')).length > 0);
  });

  it("goes on for known tenants while the database is away, and is refused for others", async () => {
    await (await postgres()).kill();
    await running.restart();
    assert.equal((await push(lines([[now(), "without database"]]))).status, 204);
    const unknown = await push(lines([[now(), "x"]]), { tenant: "31" });
    assert.equal(unknown.status, 503);
    assert.match(unknown.text, /cannot be checked, because the database is away/);
  });
});

function protobufPush(labels: string, seconds: number, nanos: number, line: string): Buffer {
  const entry = encodeMessage(
    [1, encodeMessage([1, seconds], [2, nanos])],
    [2, line],
    [3, encodeMessage([1, "user"], [2, "u1"])],
  );
  return encodeMessage([1, encodeMessage([1, labels], [2, entry], [3, 7])]);
}
