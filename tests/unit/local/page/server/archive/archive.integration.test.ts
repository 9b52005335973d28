import assert from "node:assert/strict";
import type { ImportedData, Trace, TraceList } from "@plinth/local/page/model/api.ts";
import type { LogLine, LogPage } from "@plinth/local/page/model/log-line.ts";
import type { Span } from "@plinth/local/page/model/span.ts";
import { ImportedLogs } from "@plinth/local/page/server/archive/imported-logs.ts";
import { ImportedTraces } from "@plinth/local/page/server/archive/imported-traces.ts";
import { startTestPage, type TestPage, withToken } from "../../../../../support/page/running-page.ts";
import { stubSources } from "../../../../../support/page/stub-sources.ts";

const T0 = 1_795_859_549_020n;
const TRACE = "ab".repeat(16);

const lines: LogLine[] = Array.from({ length: 4500 }, (_, index) => ({
  timeNs: String((T0 + BigInt(index)) * 1_000_000n + 7n),
  account: index % 2 ? 7 : 10001,
  service: index % 3 ? "wallet" : "highload",
  env: "test",
  version: "1.2.3",
  level: index === 9 ? "error" : "info",
  message: `line ${index} "quoted" ü`,
  ...(index % 2 && { tenant: 7 }),
  ...(index === 9 && { traceId: TRACE, spanId: "12".repeat(8), correlationId: "c-9" }),
  fields: { n: String(index) },
}));
const spans: Span[] = Array.from({ length: 12 }, (_, index) => ({
  traceId: index < 4 ? TRACE : index.toString(16).padStart(32, "c"),
  spanId: (index + 1).toString(16).padStart(16, "0"),
  ...(index > 0 && index < 4 && { parentSpanId: "1".padStart(16, "0") }),
  service: "wallet",
  version: "1.2.3",
  name: `POST /v1/bets ${index}`,
  kind: index === 3 ? "producer" : "server",
  startNs: String((T0 + BigInt(index)) * 1_000_000n),
  durationNs: 1_500_000 + index,
  status: index === 2 ? "error" : "unset",
  ...(index === 2 && { statusMessage: "refused" }),
  tenant: 7,
  attributes: { "tenant.id": "7", "http.route": "/v1/bets", n: index, ok: true, ratio: 0.5, tags: ["a", "b"] },
  events: index === 2 ? [{ timeNs: String(T0 * 1_000_000n), name: "exception", attributes: { type: "E" } }] : [],
  links: index === 3 ? [{ traceId: "cd".repeat(16), spanId: "34".repeat(8) }] : [],
}));

describe("a file that a colleague can open", () => {
  let page: TestPage;

  before(async () => {
    page = await startTestPage(stubSources({ logs: new ImportedLogs(lines), traces: new ImportedTraces(spans) }));
  });
  after(() => page.close());

  const open = (body: string, headers = withToken) =>
    page.send("POST", "/api/imports?name=incident.json", { headers: headers as Record<string, string>, body });

  it("shows the same lines and traces as the page that exported them (OBS-3)", async () => {
    const exported = await page.send("GET", "/api/export?from=0");
    assert.match(String(exported.headers["content-disposition"]), /^attachment; filename="test-[\dT-]+\.json"$/);
    const imported = (await open(exported.text)).body as ImportedData;
    const { id, ...facts } = imported;
    assert.deepEqual(facts, {
      ...{ name: "incident.json", stack: "test", from: Number(T0), to: Number(T0) + 4499 },
      ...{ lines: 4500, spans: 12 },
    });
    const first = (await page.send("GET", `/api/logs?limit=4000&data=${id}`)).body as LogPage;
    const second = (await page.send("GET", `/api/logs?limit=4000&data=${id}&before=${first.next}`)).body as LogPage;
    assert.deepEqual([...first.lines, ...second.lines], [...lines].reverse());
    assert.equal(second.next, undefined);
    const trace = (await page.send("GET", `/api/traces/${TRACE}?data=${id}`)).body as Trace;
    assert.deepEqual(trace, { spans: spans.slice(0, 4), lines: [lines[9]] });
  });

  it("filters an opened file as the live data, and shows it until it is closed", async () => {
    const { id } = (await open((await page.send("GET", "/api/export?from=0")).text)).body as ImportedData;
    const logs = async (query: string) =>
      ((await page.send("GET", `/api/logs?data=${id}&${query}`)).body as LogPage).lines.map(({ fields }) => fields.n);
    assert.deepEqual(await logs("level=warn"), ["9"]);
    assert.deepEqual(await logs("text=LINE%2012%20"), ["12"]);
    assert.deepEqual(await logs(`from=${T0}&to=${T0 + 1n}&tenant=7`), ["1"]);
    const traces = async (query: string) =>
      ((await page.send("GET", `/api/traces?data=${id}&${query}`)).body as TraceList).traces.map((one) => one.spans);
    assert.deepEqual(await traces("status=error"), [4]);
    assert.deepEqual(await traces("attribute=n=5"), [1]);
    assert.equal((await traces("limit=3")).length, 3);
    for (const before of ["-5", "1e3", "0x10", " 7", "x"])
      assert.equal((await page.send("GET", `/api/logs?data=${id}&before=${encodeURIComponent(before)}`)).status, 400);
    assert.ok(((await page.send("GET", "/api/imports")).body as ImportedData[]).some((set) => set.id === id));
    assert.equal((await page.send("DELETE", `/api/imports/${id}`, { headers: withToken })).status, 200);
    assert.equal((await page.send("GET", `/api/logs?data=${id}`)).status, 404);
  });

  it("exports long lines and large spans as a file that can be opened, and says that it is cut (OBS-3)", async () => {
    const long = lines.slice(0, 1000).map((line) => ({ ...line, message: "ü".repeat(60_000) }));
    const large = Array.from({ length: 500 }, (_, n) => ({
      ...spans[0]!,
      attributes: { n, text: "x".repeat(60_000) },
    }));
    const other = await startTestPage(stubSources({ logs: new ImportedLogs(long), traces: new ImportedTraces(large) }));
    try {
      const { text } = await other.send("GET", "/api/export?from=0");
      assert.equal(JSON.parse(text).truncated, true);
      const opened = await other.send("POST", "/api/imports", { headers: withToken, body: text });
      assert.equal(opened.status, 200, opened.text.slice(0, 200));
      const { lines: kept, spans: keptSpans } = opened.body as ImportedData;
      assert.ok(kept > 80 && kept < 1000 && keptSpans > 200 && keptSpans < 500, `${kept} lines, ${keptSpans} spans`);
    } finally {
      await other.close();
    }
  });

  it("opens plain OTLP, without an export's own fields", async () => {
    const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const span = { traceId: TRACE.toUpperCase(), spanId: "12".repeat(8), startTimeUnixNano: "5", endTimeUnixNano: "9" };
    const resourceSpans = [
      { resource: { attributes: [attribute("service.name", "other")] }, scopeSpans: [{ spans: [span] }] },
    ];
    const { id, spans: count } = (await open(JSON.stringify({ resourceSpans }))).body as ImportedData;
    assert.equal(count, 1);
    const trace = (await page.send("GET", `/api/traces/${TRACE}?data=${id}`)).body as Trace;
    assert.deepEqual([trace.spans[0]!.service, trace.spans[0]!.durationNs], ["other", 4]);
  });

  it("answers a bad file with one sentence (OBS-3)", async () => {
    const span = (fields: object) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] });
    const cases: [content: string, error: RegExp][] = [
      ["", /not JSON/],
      ["{", /not JSON/],
      ["[1]", /not a JSON object/],
      ["{}", /neither resourceSpans nor resourceLogs/],
      ['{"format":"plinth-export","version":2}', /later version/],
      ['{"resourceSpans":7}', /no OTLP/],
      ['{"resourceSpans":[null]}', /neither a line nor a span/],
      ['{"resourceLogs":[]}', /neither a line nor a span/],
      [
        '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"soon"}]}]}]}',
        /must be a number of nanoseconds/,
      ],
      ['{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":7}]}]}]}', /no OTLP/],
      [span({ traceId: "x", spanId: "y" }), /invalid id/],
      [
        span({ traceId: TRACE, spanId: "12".repeat(8), events: 5, startTimeUnixNano: 1, endTimeUnixNano: 2 }),
        /no OTLP/,
      ],
    ];
    for (const [content, error] of cases) {
      const { status, body } = await open(content);
      assert.equal(status, 400, content);
      assert.match((body as { error: string }).error, error);
      assert.doesNotMatch((body as { error: string }).error, /\n/);
    }
  });

  it("refuses a file of millions of tiny parts before they fill its memory (OBS-3)", async () => {
    const records = '{"timeUnixNano":1},'.repeat(300_000);
    const cases = [
      `{"resourceLogs":[],"x":[${"{},".repeat(2_000_000)}{}]}`,
      `{"resourceLogs":[],"x":${"[".repeat(3_000_000)}${"]".repeat(3_000_000)}}`,
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records}{"timeUnixNano":1}]}]}]}`,
    ];
    for (const content of cases) {
      const { status, text } = await open(content);
      assert.deepEqual([status, /more than 300000 lines or spans/.test(text)], [413, true], text.slice(0, 200));
    }
  });

  it("opens a line of brackets and quotes", async () => {
    const stringValue = '\\"[{'.repeat(1_000_000);
    const logRecords = [{ timeUnixNano: "1000000", body: { stringValue } }];
    const { status } = await open(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
    assert.equal(status, 200);
  });

  it("opens no file of more than 32 MiB, none without the token, and keeps three", async () => {
    assert.equal((await open("x".repeat((32 << 20) + 1))).status, 413);
    assert.equal((await open("{}", {} as typeof withToken)).status, 401);
    const content = (await page.send("GET", "/api/export?from=0&service=none")).text;
    assert.equal((await open(content)).status, 400);
    const whole = (await page.send("GET", `/api/export?trace=${TRACE}&from=0`)).text;
    for (let count = 0; count < 4; count++) await open(whole);
    assert.equal(((await page.send("GET", "/api/imports")).body as ImportedData[]).length, 3);
  });
});
