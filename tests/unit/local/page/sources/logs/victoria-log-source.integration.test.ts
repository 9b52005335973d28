import assert from "node:assert/strict";
import type { StoredDocument } from "@plinth/local/collector/store/victoria-logs.ts";
import type { LogFilter, LogLine } from "@plinth/local/page/model/log-line.ts";
import { VictoriaLogSource } from "@plinth/local/page/sources/logs/victoria-log-source.ts";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { type LogStore, startLogStore } from "../../../../../support/servers/victoria-logs.ts";

const INFRASTRUCTURE = 10001;
const STREAM = ["service", "env", "version"];
const TRACE = "ab".repeat(16);
const SECRET = "correct-horse-battery";
const TOTAL = 100_000;
const now = Date.now();

describe("log lines of a VictoriaLogs", () => {
  let store: LogStore;
  let source: VictoriaLogSource;

  before(async () => {
    store = await startLogStore();
    source = new VictoriaLogSource(store.client, new SecretMask(undefined, [`redis://u:${SECRET}@cache:6379`]));
  });
  after(() => store.stop());

  const insert = async (account: number, documents: StoredDocument[], fields: readonly string[] = STREAM) => {
    const complete = documents.map((document) => ({ env: "test", version: "1", origin: "console", ...document }));
    await store.client.insert(account, fields, Buffer.from(complete.map((each) => JSON.stringify(each)).join("\n")));
    await store.client.makeSearchable();
  };
  const messages = async (filter: LogFilter, limit = 100) =>
    (await source.query(filter, limit)).lines.map(({ message }) => message);

  it("pages through 100,000 lines of 12,500 times, each line once and the newest first (OBS-3)", async () => {
    const lines = Array.from({ length: TOTAL }, (_, index) => ({
      _time: nanoseconds(now - Math.floor(index / 8)),
      _msg: `line ${index}`,
      service: "many",
    }));
    await insert(INFRASTRUCTURE, lines);
    const seen = new Set<string>();
    let last: LogLine | undefined;
    for (let before: string | undefined, more = true; more; more = before !== undefined) {
      const page = await source.query({ services: ["many"] }, 5000, before);
      for (const line of page.lines) {
        assert.ok(last === undefined || BigInt(line.timeNs) <= BigInt(last.timeNs));
        seen.add(line.message);
        last = line;
      }
      before = page.next;
    }
    assert.equal(seen.size, TOTAL);
  });

  it("pages across the accounts of tenants without a loss", async () => {
    const line = (tenant: number, index: number) => ({
      _time: nanoseconds(now - index * 3 - (tenant % 3)),
      _msg: `${tenant}/${index}`,
      service: "spread",
      origin: "push",
    });
    for (const tenant of [1, 2, 3])
      await insert(
        tenant,
        Array.from({ length: 40 }, (_, index) => line(tenant, index)),
      );
    const seen: string[] = [];
    for (let before: string | undefined, more = true; more; more = before !== undefined) {
      const page = await source.query({ services: ["spread"] }, 7, before);
      seen.push(...page.lines.map(({ message }) => message));
      before = page.next;
    }
    assert.deepEqual([seen.length, new Set(seen).size], [120, 120]);
  });

  it("ends a page early when its lines are long, and loses none of them (OBS-3)", async () => {
    const lines = Array.from({ length: 700 }, (_, index) => ({
      _time: nanoseconds(now - 1000 - index),
      _msg: `${index} ${"x".repeat(40_000)}`,
      service: "long",
    }));
    for (let from = 0; from < lines.length; from += 100) await insert(INFRASTRUCTURE, lines.slice(from, from + 100));
    const sizes: number[] = [];
    for (let before: string | undefined, more = true; more; more = before !== undefined) {
      const page = await source.query({ services: ["long"] }, 5000, before);
      sizes.push(page.lines.length);
      before = page.next;
    }
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      700,
    );
    assert.ok(sizes.length > 1, `one page had all ${sizes} lines`);
  });

  it("shows more lines of one time than a page holds", async () => {
    const lines = Array.from({ length: 30 }, (_, index) => ({
      _time: nanoseconds(now - 5),
      _msg: `same ${index}`,
      service: "instant",
    }));
    await insert(INFRASTRUCTURE, lines);
    assert.equal((await messages({ services: ["instant"] }, 4)).length, 30);
  });

  it("shows a tenant what was pushed for it and the console lines that name it, and nothing of others", async () => {
    const at = { _time: nanoseconds(now), service: "wallet" };
    await insert(41, [{ ...at, _msg: "pushed for 41", origin: "push" }]);
    await insert(42, [{ ...at, _msg: "pushed for 42", origin: "push" }]);
    await insert(INFRASTRUCTURE, [
      { ...at, _msg: "console of 41", tenant_id: "41" },
      { ...at, _msg: "console of 42", tenant_id: "42" },
      { ...at, _msg: "console of none" },
    ]);
    assert.deepEqual((await messages({ services: ["wallet"], tenant: 41 })).sort(), ["console of 41", "pushed for 41"]);
  });

  it("shows a console line that was pushed, too, once (OBS-1)", async () => {
    const line = { _time: nanoseconds(now), _msg: "twice", service: "repeats", trace_id: TRACE };
    await insert(51, [{ ...line, origin: "push" }]);
    await insert(INFRASTRUCTURE, [
      line,
      { ...line, _msg: "once" },
      { ...line, _time: nanoseconds(now - 1), trace_id: "" },
    ]);
    const { lines } = await source.query({ services: ["repeats"] }, 100);
    assert.deepEqual(lines.map(({ message, account }) => `${message} ${account}`).sort(), [
      "once 10001",
      "twice 10001",
      "twice 10001",
    ]);
  });

  it("takes quotes, pipes and patterns of a filter as text (OBS-3)", async () => {
    const services = ['a"b', "a|b", "*", "a) or service:in(x", "ü 日本"];
    const at = { _time: nanoseconds(now) };
    await insert(
      INFRASTRUCTURE,
      services.map((service) => ({ ...at, _msg: `of ${service}`, service, level: "error" })),
    );
    for (const service of services) assert.deepEqual(await messages({ services: [service] }), [`of ${service}`]);
    const texts = ['say "hi" | delete _msg', "100% (sure) [ok] {a} ^$", "back\\slash", "*", "tab\there", "' or 1=1"];
    await insert(
      INFRASTRUCTURE,
      texts.map((text) => ({ ...at, _msg: `<${text}>`, service: "texts" })),
    );
    for (const text of texts) assert.deepEqual(await messages({ services: ["texts"], text }), [`<${text}>`], text);
    assert.deepEqual(await messages({ services: ["texts"], text: '" or *' }), []);
  });

  it("finds a text in any case, and a whole correlation id", async () => {
    const line = { _time: nanoseconds(now), service: "cases", _msg: "Timeout of DB", correlation_id: "c-17" };
    await insert(INFRASTRUCTURE, [line]);
    for (const text of ["timeout", "OF db", "c-17"])
      assert.deepEqual(await messages({ services: ["cases"], text }), ["Timeout of DB"], text);
    assert.deepEqual(await messages({ services: ["cases"], text: "c-1" }), []);
  });

  it("filters by least level, time and span, and shows no spans", async () => {
    const at = { service: "filters" };
    await insert(INFRASTRUCTURE, [
      { ...at, _time: nanoseconds(now - 10), _msg: "old", level: "fatal" },
      { ...at, _time: nanoseconds(now), _msg: "plain" },
      { ...at, _time: nanoseconds(now), _msg: "odd", level: "notice" },
      { ...at, _time: nanoseconds(now), _msg: "debug", level: "debug" },
      { ...at, _time: nanoseconds(now), _msg: "warn", level: "warn", trace_id: TRACE, span_id: "12".repeat(8) },
    ]);
    await insert(INFRASTRUCTURE, [{ ...at, _time: nanoseconds(now), _msg: "span", kind: "span" }], ["kind", "service"]);
    const all = (filter: LogFilter) => messages({ services: ["filters"], ...filter });
    assert.deepEqual((await all({ level: "warn" })).sort(), ["old", "warn"]);
    assert.deepEqual((await all({ level: "info", from: now })).sort(), ["odd", "plain", "warn"]);
    assert.deepEqual(await all({ to: now - 10 }), ["old"]);
    assert.deepEqual(await all({ traceId: TRACE, spanId: "12".repeat(8) }), ["warn"]);
  });

  it("shows no secret of the stack, no password of an address, and no token (OBS-3)", async () => {
    const token = `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`;
    const line = { _time: nanoseconds(now), service: "leaks", _msg: `with ${SECRET} and ${token}` };
    await insert(INFRASTRUCTURE, [{ ...line, url: "postgresql://app:pw@host/app" }]);
    const text = JSON.stringify(await source.query({ services: ["leaks"] }, 1));
    assert.doesNotMatch(text, /correct-horse|eyJ|:pw@/);
    assert.match(text, /with \*\*\* and \*\*\*/);
  });

  it("follows new lines of all accounts, each once, within a second of being searchable (OBS-3)", async () => {
    const stop = new AbortController();
    const arrived: { message: string; at: number }[] = [];
    const following = (async () => {
      for await (const lines of source.follow({ services: ["live"] }, stop.signal))
        for (const { message } of lines) arrived.push({ message, at: Date.now() });
    })();
    await insert(61, [{ _time: nanoseconds(Date.now()), _msg: "first", service: "live", origin: "push" }]);
    const sent = Date.now();
    const pushed = { _time: nanoseconds(sent), _msg: "second", service: "live", trace_id: TRACE };
    await insert(61, [{ ...pushed, origin: "push" }]);
    await insert(INFRASTRUCTURE, [pushed, { ...pushed, _msg: "other service", service: "quiet" }]);
    while (Date.now() < sent + 2500) await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    await following;
    assert.deepEqual(arrived.map(({ message }) => message).sort(), ["first", "second"]);
    const slowest = Math.max(...arrived.map(({ at }) => at - sent));
    assert.ok(slowest < 1500, `${slowest} ms`);
  });

  it("says in one sentence that the store is away, and answers again once it is back", async () => {
    await store.kill();
    await assert.rejects(source.query({}, 1), { message: /^The log store on http:\S+ does not answer: [^\n]+$/ });
    await store.start();
    assert.ok((await messages({}, 1)).length > 0);
  });
});

function nanoseconds(ms: number): string {
  return `${ms}000000`;
}
