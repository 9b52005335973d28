import assert from "node:assert/strict";
import { fromSpanDocument, SPAN_STREAM_FIELDS, SPANS, toSpanDocument } from "@plinth/local/collector/span-document.ts";
import { StoreRefusal, StoreUnavailable } from "@plinth/local/collector/store/store-error.ts";
import { quote, VictoriaLogs } from "@plinth/local/collector/store/victoria-logs.ts";
import type { Span } from "@plinth/local/page/model/span.ts";
import { type LogStore, startLogStore } from "../../../../support/servers/victoria-logs.ts";

const LINE_FIELDS = ["service", "env", "version"];

describe("client of the log store", function () {
  this.timeout(60_000);
  let store: LogStore;
  before(async () => {
    store = await startLogStore();
  });
  after(() => store.stop());

  const insertLine = async (account: number, fields: Record<string, string>) => {
    const line = { _time: `${Date.now()}000000`, service: "wallet", env: "local", version: "1", ...fields };
    await store.client.insert(account, LINE_FIELDS, Buffer.from(`${JSON.stringify(line)}\n`));
    await store.client.makeSearchable();
  };

  it("keeps accounts apart, up to the greatest tenant number", async () => {
    const [small, great] = [4242, Number.MAX_SAFE_INTEGER];
    await insertLine(small, { _msg: "of the small one" });
    await insertLine(great, { _msg: "of the great one" });
    const messages = async (account: number) => (await store.client.find(account, "*")).map(({ _msg }) => _msg);
    assert.deepEqual(await messages(small), ["of the small one"]);
    assert.deepEqual(await messages(great), ["of the great one"]);
    const accounts = await store.client.accounts(Date.now() - 60_000, Date.now());
    assert.deepEqual(
      accounts.sort((a, b) => a - b),
      [small, great],
    );
  });

  it("quotes any text of a query", async () => {
    for (const text of ['say "hi" | delete', "a\\b", "naïve ∑ \u0007"]) {
      await insertLine(77, { _msg: text });
      const [found] = await store.client.find(77, `_msg:=${quote(text)}`);
      assert.equal(found?._msg, text);
    }
  });

  it("follows new documents within a second", async () => {
    const stopped = new AbortController();
    const tail = store.client.tail(88, "*", stopped.signal);
    const first = tail.next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const writtenAt = Date.now();
    await insertLine(88, { _msg: "new" });
    assert.equal((await first).value?._msg, "new");
    assert.ok(Date.now() - writtenAt < 1000, `${Date.now() - writtenAt} ms`);
    stopped.abort();
    assert.equal((await tail.next()).done, true);
  });

  it("gives a span back as it was written", async () => {
    const span: Span = {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      parentSpanId: "00f067aa0ba902b7",
      service: "wallet",
      version: "1.2.3",
      name: "POST /bets",
      kind: "server",
      startNs: `${Date.now()}123456`,
      durationNs: 1_234_567,
      status: "error",
      statusMessage: "no balance",
      tenant: 10001,
      attributes: { "http.response.status_code": 409, "a.b": [1, "two", true], nested: '{"x":1}' },
      events: [{ timeNs: `${Date.now()}000001`, name: "exception", attributes: { "exception.type": "Error" } }],
      links: [{ traceId: "1af7651916cd43dd8448eb211c80319c", spanId: "c7ad6b7169203331" }],
    };
    const document = Buffer.from(`${JSON.stringify(toSpanDocument(span))}\n`);
    await store.client.insert(10001, SPAN_STREAM_FIELDS, document);
    await store.client.makeSearchable();
    const found = await store.client.find(10001, `${SPANS} trace_id:=${quote(span.traceId)}`);
    assert.deepEqual(found.map(fromSpanDocument), [span]);
  });

  it("tells a refused query from a store that is away", async () => {
    await assert.rejects(store.client.find(1, "(("), StoreRefusal);
    await assert.rejects(new VictoriaLogs("http://127.0.0.1:9").find(1, "*"), StoreUnavailable);
  });
});
