import assert from "node:assert/strict";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { traceQuery } from "../../../../cli/dashboard/tempo-query.ts";
import { TempoSource } from "../../../../cli/dashboard/tempo-source.ts";
import { type FakeAnswer, type FakeRequest, startFakeStore } from "../../../support/page/fake-store.ts";

const TRACE = "0b".repeat(16);
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

describe("traces of a cluster's Tempo", () => {
  let answer: (request: FakeRequest) => FakeAnswer;
  let store: Awaited<ReturnType<typeof startFakeStore>>;
  let source: TempoSource;

  before(async () => {
    store = await startFakeStore((request) => answer(request));
    source = new TempoSource(store.url, new SecretMask(undefined, ["a-long-secret"]), async () => []);
  });
  after(() => store.close());

  it("asks by TraceQL, in which a filter's texts stay texts (OBS-3)", () => {
    assert.equal(traceQuery({}), "{  }");
    assert.equal(
      traceQuery({ service: 'a"b', status: "error", minDurationMs: 2.5, tenant: 7 }),
      '{ resource.service.name = "a\\"b" && span.tenant.id = "7" && status = error && duration >= 2500us }',
    );
    assert.equal(traceQuery({ name: "a.b" }), '{ name =~ "(?i).*a\\\\.b.*" }');
    assert.equal(traceQuery({ attribute: "http.route=/v1" }), '{ span."http.route" = "/v1" }');
    assert.equal(traceQuery({ attribute: "n=5" }), '{ (span."n" = "5" || span."n" = 5) }');
    assert.equal(traceQuery({ attribute: 'x"=} | y' }), '{ span."x\\"" = "} | y" }');
  });

  it("lists traces, the newest first", async () => {
    answer = () => ({
      body: {
        traces: [
          {
            traceID: "b".repeat(31),
            rootServiceName: "wallet",
            rootTraceName: "GET",
            startTimeUnixNano: "5",
            durationMs: 3,
          },
          {
            ...{
              traceID: TRACE,
              rootServiceName: "wallet",
              rootTraceName: "POST",
              startTimeUnixNano: "9",
              durationMs: 4,
            },
            serviceStats: { wallet: { spanCount: 3 }, highload: { spanCount: 2, errorCount: 1 } },
          },
        ],
      },
    });
    const found = await source.search({ from: 1500, to: 2500 }, 20);
    const { query } = store.requests.at(-1)!;
    assert.deepEqual([query.get("start"), query.get("end"), query.get("limit")], ["1", "4", "20"]);
    assert.deepEqual(found, [
      {
        ...{ traceId: TRACE, name: "POST", service: "wallet", startNs: "9", durationNs: 4e6 },
        ...{ spans: 5, errors: 1, services: ["wallet", "highload"] },
      },
      {
        ...{ traceId: `0${"b".repeat(31)}`, name: "GET", service: "wallet", startNs: "5", durationNs: 3e6 },
        ...{ spans: 0, errors: 0, services: ["wallet"] },
      },
    ]);
  });

  it("reads a trace's spans, whose ids are in base64 and kinds are names, without secrets (OBS-3)", async () => {
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const span = {
      ...{
        traceId: base64(TRACE),
        spanId: base64("12".repeat(8)),
        parentSpanId: base64("34".repeat(8)),
        name: "SELECT",
      },
      ...{
        kind: "SPAN_KIND_CLIENT",
        startTimeUnixNano: "10",
        endTimeUnixNano: "25",
        status: { code: "STATUS_CODE_ERROR" },
      },
      attributes: [attribute("tenant.id", "7"), attribute("note", "a-long-secret")],
    };
    const resource = { attributes: [attribute("service.name", "wallet"), attribute("service.version", "2")] };
    answer = () => ({ body: { trace: { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] } } });
    assert.deepEqual(await source.get(TRACE), [
      {
        ...{ traceId: TRACE, spanId: "12".repeat(8), parentSpanId: "34".repeat(8), service: "wallet", version: "2" },
        ...{ name: "SELECT", kind: "client", startNs: "10", durationNs: 15, status: "error", tenant: 7 },
        attributes: { "tenant.id": "7", note: "***" },
        ...{ events: [], links: [] },
      },
    ]);
    assert.equal(store.requests.at(-1)!.path, `/api/v2/traces/${TRACE}`);
  });

  it("finds no span of an unknown trace, and answers one sentence when Tempo fails", async () => {
    answer = () => ({ status: 404, body: "trace not found" });
    assert.deepEqual(await source.get(TRACE), []);
    answer = () => ({ status: 500, body: "no ingesters" });
    await assert.rejects(source.get(TRACE), { status: 503, message: "Tempo answered 500: no ingesters" });
  });
});
