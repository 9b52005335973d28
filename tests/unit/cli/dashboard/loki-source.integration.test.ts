import assert from "node:assert/strict";
import { parser } from "@grafana/lezer-logql";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { lokiQuery } from "../../../../cli/dashboard/loki-query.ts";
import { LokiSource } from "../../../../cli/dashboard/loki-source.ts";
import { type FakeAnswer, type FakeRequest, startFakeStore } from "../../../support/page/fake-store.ts";

const T0 = 1_795_859_549_000_000_000n;
const stream = { service: "wallet", env: "dev", version: "1", pod: "wallet-0", container: "wallet", level: "warn" };

describe("log lines of a cluster's Loki", () => {
  let answer: (request: FakeRequest) => FakeAnswer;
  let store: Awaited<ReturnType<typeof startFakeStore>>;
  let source: LokiSource;

  before(async () => {
    store = await startFakeStore((request) => answer(request));
    source = new LokiSource(store.url, new SecretMask(undefined, ["a-long-secret"]));
  });
  after(() => store.close());

  const answerWith = (entries: unknown[]) => {
    answer = () => ({
      body: { status: "success", data: { resultType: "streams", result: [{ stream, values: entries }] } },
    });
  };

  it("writes LogQL that Grafana's own parser accepts, whatever a filter holds (OBS-3)", () => {
    const texts = ['say "hi" | json', "100% (sure) [ok] {a} ^$", "back\\slash `tick`", "日本 ü", '"} | line_format "'];
    for (const text of texts) {
      const query = lokiQuery({ services: [text, "b.c"], level: "warn", text, traceId: "ab".repeat(16) });
      const problems: string[] = [];
      parser
        .parse(query)
        .iterate({ enter: ({ type, from }) => void (type.isError && problems.push(query.slice(from))) });
      assert.deepEqual(problems, [], query);
    }
    assert.equal(lokiQuery({}), '{service=~".+"}');
    assert.equal(lokiQuery({ services: ["a.b", 'c"d'] }), '{service=~"a\\\\.b|c\\"d"}');
    assert.equal(lokiQuery({ level: "info" }), '{service=~".+"} | level!~"trace|debug"');
    assert.equal(lokiQuery({ text: 'a"b' }), '{service=~".+"} |~ "(?i)(a\\"b|a\\\\\\\\\\"b)"');
  });

  it("reads a line of the log contract, and any other as it is, without secrets (OBS-3)", async () => {
    const json = {
      ...{ level: "error", time: "2026-11-28T09:52:29.000Z", service: "wallet", msg: "refused a-long-secret" },
      ...{ tenant_id: 7, trace_id: "ab".repeat(16), correlation_id: "c1", attempt: 2 },
    };
    answerWith([
      [String(T0 + 1n), JSON.stringify(json)],
      [String(T0), "plain text", { structuredMetadata: { trace_id: "cd".repeat(16) } }],
    ]);
    const { lines } = await source.query({}, 10);
    assert.deepEqual(lines[0], {
      ...{ timeNs: String(T0 + 1n), account: 10001, service: "wallet", env: "dev", version: "1", level: "error" },
      ...{ message: "refused ***", tenant: 7, traceId: "ab".repeat(16), correlationId: "c1" },
      fields: { attempt: "2", pod: "wallet-0", container: "wallet" },
    });
    assert.deepEqual([lines[1]!.message, lines[1]!.level, lines[1]!.traceId], ["plain text", "warn", "cd".repeat(16)]);
  });

  it("asks in the tenant's name for its lines, and in the infrastructure's for all", async () => {
    answerWith([]);
    await source.query({ tenant: 42, from: 1000, to: 2000 }, 10);
    const [{ tenant, query, path }] = store.requests.slice(-1) as [FakeRequest];
    assert.deepEqual([tenant, path, query.get("direction")], ["42", "/loki/api/v1/query_range", "backward"]);
    // Milliseconds became nanoseconds, and the end is exclusive.
    assert.deepEqual([query.get("start"), query.get("end")], ["1000000000", "2001000000"]);
    await source.query({}, 10);
    assert.equal(store.requests.at(-1)!.tenant, "10001");
  });

  it("pages backwards without losing lines of one time", async () => {
    const times = [5n, 4n, 4n, 4n, 3n, 2n].map((ns) => T0 + ns);
    answer = ({ query }) => {
      const end = BigInt(query.get("end")!);
      const values = times.filter((ns) => ns < end).slice(0, Number(query.get("limit")));
      return {
        body: { data: { result: [{ stream, values: values.map((ns, index) => [String(ns), `${ns} ${index}`]) }] } },
      };
    };
    const seen: string[] = [];
    for (let before: string | undefined, more = true; more; more = before !== undefined) {
      const page = await source.query({}, 3, before);
      seen.push(...page.lines.map(({ timeNs }) => timeNs));
      before = page.next;
    }
    assert.deepEqual(seen, times.map(String));
  });

  it("follows new lines, each once", async () => {
    const stop = new AbortController();
    let polls = 0;
    answer = () => {
      polls++;
      const values = [[String(T0), "first"], ...(polls > 1 ? [[String(T0 + 1n), "second"]] : [])];
      return { body: { data: { result: [{ stream, values }] } } };
    };
    const found: string[] = [];
    for await (const lines of source.follow({}, stop.signal)) {
      found.push(...lines.map(({ message }) => message));
      if (found.includes("second")) stop.abort();
    }
    assert.deepEqual(found, ["first", "second"]);
  });

  it("answers one sentence for a refusal, a failure and a store that is away (OBS-3)", async () => {
    answer = () => ({ status: 400, body: "parse error at line 1" });
    await assert.rejects(source.query({}, 1), { status: 400, message: "Loki answered 400: parse error at line 1" });
    answer = () => ({ status: 500, body: "empty ring" });
    await assert.rejects(source.query({}, 1), { status: 503, message: "Loki answered 500: empty ring" });
    const away = new LokiSource("http://127.0.0.1:1", new SecretMask(undefined));
    await assert.rejects(away.query({}, 1), { status: 503, message: /^Loki does not answer: [^\n]+$/ });
  });
});
