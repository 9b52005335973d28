import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElementHandle } from "puppeteer-core";
import { eventually } from "../../support/eventually.ts";
import { type PageUnderTest, startPageUnderTest, TOKEN } from "../../support/page/page-browser.ts";
import { addressOf, clickText, waitForNoText, waitForText } from "./page-queries.ts";

describe("the views of the platform in a browser", () => {
  let tested: PageUnderTest;
  before(async () => {
    tested = await startPageUnderTest();
  });
  after(() => tested.close());
  afterEach(() => assert.deepEqual(tested.problems, []));

  it("draws each resource of the graph once, and its state in words (OBS-3)", async () => {
    const page = await tested.open("/resources");
    await page.waitForSelector(".node");
    assert.equal((await page.$$(".node")).length, tested.sources.resources.resources.length);
    await waitForText(page, "backing off");
    tested.sources.resources.resources[0]!.state = "failed";
    await waitForText(page, "1 failed");
    tested.sources.resources.resources[0]!.state = "ready";
    await page.close();
  });

  it("never shows a secret, and shows the console live (OBS-8)", async () => {
    const page = await tested.open("/resources?resource=wallet&tab=environment");
    await waitForText(page, "DATABASE_URL");
    assert.equal(await page.$eval(".detail .badge.muted", (each) => each.textContent), "secret");
    await clickText(page, "Console");
    await waitForText(page, "listening on 8080");
    tested.sources.resources.writeConsole("\u001b[31ma new line\u001b[0m\n");
    await waitForText(page, "a new line");
    await page.close();
  });

  it("shows all dashboards with data, and says where a panel has none (OBS-1)", async () => {
    const page = await tested.open("/dashboards");
    await page.waitForSelector(".chart canvas");
    const ids = await page.$$eval(".filters select:first-of-type option", (all) =>
      all.map((each) => (each as HTMLOptionElement).value),
    );
    for (const { id, rows } of tested.sources.dashboards) {
      assert.ok(ids.includes(id));
      await page.goto(`${tested.origin}/dashboards/${id}`);
      await waitForText(page, rows[0]!.panels[0]!.title);
    }
    tested.sources.metrics.without = "http_requests_total";
    await page.goto(`${tested.origin}/dashboards`);
    await page.waitForSelector("[data-state=no-data]");
    tested.sources.metrics.without = undefined;
    await page.close();
  });

  it("zooms all panels by dragging over one, and opens the trace of an exemplar (OBS-5)", async () => {
    const page = await tested.open("/dashboards", { height: 1400 });
    const box = (await eventually("a chart with a place", async () => {
      const over = await page.$(".chart .u-over");
      return (await over?.boundingBox()) ?? undefined;
    }))!;
    await page.mouse.move(box.x + 60, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 160, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => location.search.includes("from="));
    await clickText(page, "Live again");
    await page.waitForFunction(() => !location.search.includes("from="));
    await page.waitForSelector(".exemplar");
    await page.$eval(".exemplar", (dot) => (dot as HTMLElement).click());
    await page.waitForSelector(".span-row");
    await page.close();
  });

  it("shows pending, firing and resolved alerts, and their number beside the view's name (OBS-6)", async () => {
    const page = await tested.open("/alerts");
    for (const text of ["Firing", "Pending", "Resolved within a day"]) await waitForText(page, text);
    await clickText(page, "Runbook");
    await waitForText(page, "What to do");
    await page.keyboard.press("Escape");
    await waitForNoText(page, "What to do");
    assert.equal(await page.$eval("nav .count", (each) => each.textContent), "1");
    const { alerts } = tested.sources.alerts;
    tested.sources.alerts.alerts = [];
    await waitForText(page, "All is well.");
    await page.waitForFunction(() => document.querySelector("nav .count") === null);
    tested.sources.alerts.alerts = alerts;
    await page.close();
  });

  it("shows partitions, lag and decoded records, and replays a dead letter with the token", async () => {
    const page = await tested.open(`/topics?topic=wallet.bet-placed.v1.dlq#token=${TOKEN}`);
    await page.waitForSelector(".record");
    await page.click(".record summary");
    await waitForText(page, '"currency": "EUR"');
    await clickText(page, "Replay");
    await waitForText(page, "Replay this dead letter?");
    await page.evaluate(() => document.querySelector<HTMLButtonElement>("dialog .primary")?.click());
    await waitForText(page, "Published again to wallet.bet-placed.v1.");
    assert.deepEqual(tested.sources.topics.replayed, ["wallet.bet-placed.v1.dlq 0 2"]);
    await page.close();
  });

  it("pages back through the records of a partition", async () => {
    const page = await tested.open("/topics?topic=wallet.bet-placed.v1&partition=2");
    await waitForText(page, "2·17371");
    await clickText(page, "Older");
    await waitForText(page, "2·17321");
    assert.match(addressOf(page), /before=17322/);
    await page.close();
  });

  it("compares two versions of a schema, and tries a change", async () => {
    const page = await tested.open("/schemas?subject=orders.created-value&from=1&to=3");
    await page.waitForSelector(".diff .added");
    await page.$eval("textarea", (area) => {
      area.value = '{"required": 1}';
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await clickText(page, "Is it compatible?");
    await waitForText(page, "not compatible");
    await waitForText(page, "field 'required' has no default");
    await page.close();
  });

  it("leads from a tenant to its dashboard, lines and traces", async () => {
    const page = await tested.open("/tenants?text=tenant-3");
    await waitForText(page, "1 tenant");
    await page.click(".tenant-row a[href^='/logs']");
    await page.waitForSelector(".log-row");
    assert.equal(addressOf(page), "/logs?tenant=20002&range=24h");
    await page.close();
  });

  it("exports a file and opens it read-only beside the live data, marked as such (OBS-3)", async () => {
    const exported = await fetch(`${tested.origin}/api/export?from=0&to=${Date.now()}`);
    const file = join(await mkdtemp(join(tmpdir(), "plinth-export-")), "colleague.json");
    writeFileSync(file, Buffer.from(await exported.arrayBuffer()));
    const page = await tested.open(`/imports#token=${TOKEN}`);
    const input = (await page.waitForSelector("input[type=file]:not(:disabled)")) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(file);
    await waitForText(page, "colleague.json");
    await page.click("li.card a[href^='/logs']");
    await page.waitForSelector(".log-row");
    await waitForText(page, "Read-only: from the file colleague.json");
    await page.click(".navigation a[href^='/traces']");
    await page.waitForSelector(".trace-row");
    await waitForText(page, "Read-only");
    await clickText(page, "Back to live data");
    await waitForNoText(page, "Read-only: from the file");
    await page.close();
  });
});
