import assert from "node:assert/strict";
import { createLargeTrace, spanId, traceId } from "../../support/page/fixture-traces.ts";
import { type PageUnderTest, startPageUnderTest } from "../../support/page/page-browser.ts";
import { addressOf, waitForText } from "./page-queries.ts";

const LARGE = "f".repeat(32);
const SKEWED = "e".repeat(32);

describe("the view of traces in a browser", () => {
  let tested: PageUnderTest;
  before(async () => {
    tested = await startPageUnderTest();
    const { spans } = tested.sources.traces;
    spans.push(...createLargeTrace(LARGE, 3_000));
    const [root, child] = spans;
    const late = {
      ...child!,
      traceId: SKEWED,
      startNs: `${Number(root!.startNs.slice(0, -6)) - 400}000000`,
      service: "users",
    };
    spans.push({ ...root!, traceId: SKEWED }, late, { ...late, spanId: "d".repeat(16), parentSpanId: "9".repeat(16) });
  });
  after(() => tested.close());
  afterEach(() => assert.deepEqual(tested.problems, []));

  it("shows one request across HTTP, gRPC, SQL, cache and Kafka, with its failures (OBS-5)", async () => {
    const page = await tested.open(`/traces/${traceId(3)}`);
    await page.waitForSelector(".span-row");
    const systems = await page.$$eval(".span-row .system", (all) => all.map((each) => each.getAttribute("title")));
    assert.deepEqual(
      [...new Set(systems)],
      [
        "HTTP server",
        "HTTP client",
        "gRPC client",
        "gRPC server",
        "Cache",
        "SQL",
        "Kafka producer",
        "Kafka consumer",
        "internal",
      ],
    );
    assert.equal((await page.$$(".failed-span")).length, 2);
    await waitForText(page, "2 errors");
    await page.close();
  });

  it("shows a span's attributes, events and links, and its lines beside it (OBS-3)", async () => {
    const page = await tested.open(`/traces/${traceId(3)}?span=${spanId(3, 9)}`);
    await waitForText(page, "deadlock detected <img");
    await waitForText(page, "db.system.name");
    await waitForText(page, "Lines of this span");
    assert.ok((await page.$$(".detail .span-lines li")).length > 0);
    await page.goto(`${tested.origin}/traces/${traceId(3)}?span=${spanId(3, 8)}`);
    await waitForText(page, "Links");
    await page.click(".detail-body > p > a[href^='/traces/']");
    await page.waitForFunction((id: string) => location.pathname.endsWith(id), {}, traceId(2));
    await page.close();
  });

  it("draws a trace of 3,000 spans with few elements", async () => {
    const page = await tested.open(`/traces/${LARGE}`);
    await waitForText(page, "3,000 spans");
    await page.waitForSelector(".span-row");
    assert.ok((await page.$$(".span-row")).length < 100);
    await page.click(".toggle[aria-expanded=true]");
    await page.waitForFunction(() => document.querySelectorAll(".span-row").length === 1);
    await page.close();
  });

  it("marks a clock that is behind, and a parent that was not received", async () => {
    const page = await tested.open(`/traces/${SKEWED}`);
    await page.waitForSelector(".skew");
    await waitForText(page, "not received");
    await waitForText(page, "1 span missing");
    await page.close();
  });

  it("filters the list by errors, service, tenant, name, duration and attribute", async () => {
    const page = await tested.open("/traces?status=error&tenant=20003&range=1h");
    await page.waitForSelector(".trace-row");
    const rows = await page.$$eval(".trace-row", (all) =>
      all.map((row) => `${row.querySelector(".badge.bad")?.textContent} ${row.querySelector(".tenant")?.textContent}`),
    );
    assert.deepEqual([...new Set(rows)], ["2 errors 20003"]);
    for (const query of ["name=no-such-name", "min=100000", "attribute=db.system.name%3Doracle", "service=nobody"]) {
      await page.goto(`${tested.origin}/traces?${query}`);
      await waitForText(page, "No trace in this time range.");
    }
    await page.close();
  });

  it("finds the spans of a trace by an attribute", async () => {
    const page = await tested.open(`/traces/${traceId(3)}?find=db.system.name%3Dredis`);
    await page.waitForSelector(".span-row");
    assert.deepEqual(await page.$$eval(".span-title", (all) => all.map((each) => each.textContent)), ["GET user"]);
    await page.close();
  });

  it("opens a trace by j and Enter", async () => {
    const page = await tested.open("/traces");
    await page.waitForSelector(".trace-row");
    await page.keyboard.press("j");
    await page.waitForSelector("[aria-selected=true]");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".span-row");
    assert.match(addressOf(page), /^\/traces\/[\da-f]{32}$/);
    await page.close();
  });

  it("says why a trace that the store does not have may be missing", async () => {
    const page = await tested.open(`/traces/${"0".repeat(31)}1`);
    await waitForText(page, "Neither a span nor a line of trace");
    await page.close();
  });
});
