import assert from "node:assert/strict";
import { SPAN_STREAM_FIELDS, toSpanDocument } from "@plinth/local/collector/span-document.ts";
import type { Span, TraceFilter } from "@plinth/local/page/model/span.ts";
import { findSpanExemplars } from "@plinth/local/page/sources/metrics/span-exemplars.ts";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { VictoriaTraceSource } from "@plinth/local/page/sources/traces/victoria-trace-source.ts";
import { type LogStore, startLogStore } from "../../../../../support/servers/victoria-logs.ts";

const INFRASTRUCTURE = 10001;
const now = Date.now();
const traceId = (index: number) => index.toString(16).padStart(32, "a");

function span(trace: number, index: number, given: Partial<Span> = {}): Span {
  return {
    traceId: traceId(trace),
    spanId: (trace * 100 + index + 1).toString(16).padStart(16, "0"),
    ...(index > 0 && { parentSpanId: (trace * 100 + 1).toString(16).padStart(16, "0") }),
    service: index % 2 ? "highload" : "wallet",
    version: "1",
    name: index === 0 ? "POST /v1/bets" : "SELECT bets",
    kind: index === 0 ? "server" : "client",
    startNs: String(BigInt(now - 60_000 + trace * 1000 + index) * 1_000_000n),
    durationNs: (10 - index) * 1e6,
    status: "unset",
    tenant: 7,
    attributes: { "http.route": "/v1/bets", n: trace, ok: true },
    events: [],
    links: [],
    ...given,
  };
}

describe("traces of a VictoriaLogs", () => {
  let store: LogStore;
  let source: VictoriaTraceSource;

  before(async () => {
    store = await startLogStore();
    source = new VictoriaTraceSource(store.client, new SecretMask(undefined, ["a-long-secret"]));
    await insert(Array.from({ length: 30 }, (_, trace) => [0, 1, 2].map((index) => span(trace, index))).flat());
    await insert([
      span(40, 0, { name: 'odd "name" | x', service: 'a"b', tenant: 8, attributes: { 'k"1': 'v"|,}', path: "a.b" } }),
      span(41, 0, { name: "slow", durationNs: 3e9, attributes: { note: "holds a-long-secret" } }),
      span(42, 0, { name: "fails", status: "error", statusMessage: "a-long-secret refused" }),
    ]);
  });
  after(() => store.stop());

  async function insert(spans: readonly Span[]): Promise<void> {
    const lines = spans.map((one) => JSON.stringify(toSpanDocument(one))).join("\n");
    await store.client.insert(INFRASTRUCTURE, SPAN_STREAM_FIELDS, Buffer.from(lines));
    await store.client.makeSearchable();
  }
  const names = async (filter: TraceFilter) => (await source.search(filter, 100)).map(({ name }) => name);

  it("lists whole traces by their newest span, also where one span of them matches (OBS-3)", async () => {
    const found = await source.search({ service: "highload" }, 5);
    assert.deepEqual(
      found.map((trace) => trace.traceId),
      [29, 28, 27, 26, 25].map(traceId),
    );
    assert.deepEqual(found[0], {
      ...{ traceId: traceId(29), name: "POST /v1/bets", service: "wallet", startNs: span(29, 0).startNs },
      ...{ durationNs: 10e6, spans: 3, errors: 0, services: ["wallet", "highload"], tenant: 7 },
    });
  });

  it("gives a trace's spans by their start as they were sent, without secrets", async () => {
    assert.deepEqual(
      await source.get(traceId(3)),
      [0, 1, 2].map((index) => span(3, index)),
    );
    assert.deepEqual(await source.get("f".repeat(32)), []);
    assert.deepEqual((await source.get(traceId(41)))[0]!.attributes, { note: "holds ***" });
    assert.equal((await source.get(traceId(42)))[0]!.statusMessage, "*** refused");
  });

  it("filters by name, error, duration, tenant, time and attribute", async () => {
    assert.deepEqual(await names({ name: "FAIL" }), ["fails"]);
    assert.deepEqual(await names({ status: "error" }), ["fails"]);
    assert.deepEqual(await names({ minDurationMs: 1000 }), ["slow"]);
    assert.deepEqual(await names({ tenant: 8 }), ['odd "name" | x']);
    assert.deepEqual(await names({ attribute: "n=5" }), ["POST /v1/bets"]);
    assert.deepEqual(await names({ attribute: "n=50" }), []);
    assert.equal((await names({ attribute: "ok=true" })).length, 30 + 1);
    const at = Number(BigInt(span(4, 0).startNs) / 1_000_000n);
    assert.equal((await names({ from: at, to: at })).length, 1);
  });

  it("takes quotes, pipes and patterns of a filter as text (OBS-3)", async () => {
    const odd = ['odd "name" | x'];
    const filters = [{ service: 'a"b' }, { name: '"NAME" | X' }, { attribute: 'k"1=v"|,}' }, { attribute: "path=a.b" }];
    for (const filter of filters) assert.deepEqual(await names(filter), odd, JSON.stringify(filter));
    const none = [
      { service: "*" },
      { name: ".*" },
      { attribute: "path=a.." },
      { attribute: "path=" },
      { name: '") or *' },
    ];
    for (const filter of none) assert.deepEqual(await names(filter), [], JSON.stringify(filter));
  });

  it("lists as many traces as a page asks for at most", async () => {
    const at = { startNs: `${now - 7_200_000}000000`, service: "many" };
    await insert(Array.from({ length: 500 }, (_, index) => span(1000 + index, 0, at)));
    assert.equal((await source.search({ service: "many", to: now - 7_000_000 }, 500)).length, 500);
  });

  it("names the services of the last day, of spans and of lines", async () => {
    const line = { _time: `${now}000000`, _msg: "line", service: "quiet" };
    await store.client.insert(INFRASTRUCTURE, ["service"], Buffer.from(JSON.stringify(line)));
    await store.client.makeSearchable();
    assert.deepEqual(await source.services(), ['a"b', "highload", "many", "quiet", "wallet"]);
  });

  it("finds traces for a chart of latencies, in its time and of its service", async () => {
    const expr =
      'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{service="highload"}[1m])))';
    const [from, to] = [now / 1000 - 33, now / 1000 - 31];
    const found = await findSpanExemplars(source, expr, from, to);
    assert.deepEqual(
      found.map((exemplar) => exemplar.traceId),
      [28, 27].map(traceId),
    );
    assert.deepEqual(
      [found[0]!.value, found[0]!.time],
      [0.01, Number(BigInt(span(28, 0).startNs) / 1_000_000n) / 1000],
    );
  });
});
