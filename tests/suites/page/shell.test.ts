import assert from "node:assert/strict";
import { traceId } from "../../support/page/fixture-traces.ts";
import { type PageUnderTest, startPageUnderTest, TOKEN } from "../../support/page/page-browser.ts";
import { addressOf, clickText, shownText, waitForNoText, waitForText } from "./page-queries.ts";

const VIEWS = ["resources", "logs", "traces", "dashboards", "alerts", "topics", "schemas", "tenants", "imports"];

describe("the page in a browser", () => {
  let tested: PageUnderTest;
  before(async () => {
    tested = await startPageUnderTest();
  });
  after(() => tested.close());
  afterEach(() => assert.deepEqual(tested.problems, []));

  it("takes the token out of the address and keeps it for the tab (OBS-3)", async () => {
    const page = await tested.open(`/resources?resource=wallet#token=${TOKEN}`);
    await waitForText(page, "Restart");
    assert.equal(new URL(page.url()).hash, "");
    await clickText(page, "Restart");
    await page.waitForFunction(() => !(document.body.textContent ?? "").includes("Restart …"));
    assert.deepEqual(tested.sources.resources.acted, ["restart wallet"]);
    await page.reload();
    await clickText(page, "Stop");
    await waitForText(page, "Stop wallet?");
    assert.equal(tested.sources.resources.acted.length, 1, "stopping asks first");
    await page.evaluate(() => document.querySelector<HTMLButtonElement>("dialog .danger")?.click());
    await waitForText(page, "stopped");
    assert.deepEqual(tested.sources.resources.acted, ["restart wallet", "stop wallet"]);
    await page.close();
  });

  it("says without a token how to get one, and changes nothing (OBS-3)", async () => {
    const context = await tested.browser.createBrowserContext();
    const page = await context.newPage();
    await page.goto(`${tested.origin}/resources?resource=redis`);
    await waitForText(page, "make dashboard");
    const areOff = await page.$$eval(".actions button", (buttons) => buttons.map((each) => each.disabled));
    assert.deepEqual(areOff, [true, true, true]);
    await context.close();
  });

  it("never makes markup of a name, a message or a label (OBS-3)", async () => {
    const page = await tested.open("/resources");
    const paths = [...VIEWS.map((view) => `/${view}`), `/traces/${traceId(3)}`, "/resources?show=list"];
    for (const path of [
      ...paths,
      "/topics?topic=wallet.bet-placed.v1.dlq",
      "/logs?service=<img src=x onerror=alert(1)>",
    ]) {
      await page.goto(tested.origin + path);
      await page.waitForSelector("main");
      await new Promise((resolve) => setTimeout(resolve, 250));
      const found = await page.evaluate(() => ({
        hacked: "hacked" in window,
        images: document.querySelectorAll("img, script:not([src]), iframe").length,
      }));
      assert.deepEqual(found, { hacked: false, images: 0 }, path);
    }
    await page.goto(`${tested.origin}/resources`);
    await waitForText(page, "<img src=x onerror");
    await page.close();
  });

  it("fetches nothing from another host, and no script or style inline (OBS-3)", async () => {
    const page = await tested.open("/logs");
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).origin));
    const response = await page.goto(`${tested.origin}/dashboards`);
    await waitForText(page, "Replicas");
    assert.deepEqual([...hosts], [tested.origin]);
    assert.doesNotMatch(response!.headers()["content-security-policy"]!, /unsafe/);
    await page.close();
  });

  for (const view of [
    ...VIEWS,
    `traces/${traceId(3)}`,
    "topics?topic=orders.created",
    "schemas?subject=orders.created-value",
  ])
    it(`shows ${view.slice(0, 30)} at 360 px without scrolling sideways (OBS-3)`, async () => {
      const page = await tested.open(`/${view}`, { width: 360, height: 740 });
      await page.waitForSelector("main[data-view]");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 360, `${width} px`);
      await page.close();
    });

  it("goes to views by g and a letter, lists its keys by ?, and searches by /", async () => {
    const page = await tested.open("/resources");
    await waitForText(page, "wallet");
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.waitForSelector(".log-row");
    assert.equal(addressOf(page), "/logs");
    await page.keyboard.press("?");
    await waitForText(page, "Leave a field");
    await page.keyboard.press("Escape");
    await waitForNoText(page, "Leave a field");
    await page.keyboard.press("/");
    await page.keyboard.type("bet");
    await page.waitForFunction(() => {
      const messages = [...document.querySelectorAll(".log-row .message")];
      return messages.length > 0 && messages.every((each) => each.textContent?.includes("bet"));
    });
    assert.equal(addressOf(page), "/logs?text=bet");
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.waitForSelector(".detail");
    const first = addressOf(page);
    await page.keyboard.press("j");
    await page.waitForFunction((before: string) => location.pathname + location.search !== before, {}, first);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelector(".detail") === null);
    await page.close();
  });

  it("has every filter, range and selection in the address, and goes back and forward", async () => {
    const page = await tested.open("/logs?level=warn&service=wallet&range=15m");
    await page.waitForSelector(".log-row");
    const levels = await page.$$eval(".log-row .level", (all) => [...new Set(all.map((each) => each.textContent))]);
    assert.ok(
      levels.every((level) => ["warn", "error", "fatal"].includes(level!)),
      levels.join(),
    );
    await page.click(".log-row");
    await page.waitForSelector(".detail");
    const selected = addressOf(page);
    await clickText(page, "Traces");
    await page.waitForSelector(".trace-row");
    await page.goBack();
    await page.waitForSelector(".detail");
    assert.equal(addressOf(page), selected);
    await page.goBack();
    await page.waitForFunction(() => document.querySelector(".detail") === null);
    assert.equal(addressOf(page), "/logs?level=warn&service=wallet&range=15m");
    await page.goForward();
    await page.waitForSelector(".detail");
    await page.close();
  });

  it("follows the system's colours, and a chosen theme stays chosen", async () => {
    const background = () => getComputedStyle(document.body).backgroundColor;
    const page = await tested.open("/alerts", { theme: "dark" });
    const dark = await page.evaluate(background);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    assert.notEqual(await page.evaluate(background), dark);
    await page.click("button[title^='Colours']");
    await page.click("button[title^='Colours']");
    assert.equal(await page.evaluate(background), dark);
    await page.reload();
    assert.equal(await page.evaluate(background), dark);
    await page.evaluate(() => localStorage.clear());
    await page.close();
  });

  it("says that the stack is down, keeps what it shows, and goes on when it is up", async () => {
    const page = await tested.open("/logs");
    await page.waitForSelector(".log-row");
    await tested.stopServer();
    await waitForText(page, "The stack does not answer", 15_000);
    assert.ok((await page.$$(".log-row")).length > 10);
    tested.sources.logs.write("written while the page was away");
    await tested.startServer();
    await waitForText(page, "written while the page was away", 20_000);
    await waitForNoText(page, "The stack does not answer", 20_000);
    tested.sources.logs.write("written after it");
    await waitForText(page, "written after it");
    await page.close();
  });

  it("shows a source that is away as one sentence, and tries again", async () => {
    tested.sources.logs.away = "The log store does not answer: type make up";
    const page = await tested.open("/logs?text=transaction");
    await waitForText(page, "The log store does not answer: type make up");
    tested.sources.logs.away = undefined;
    await page.waitForSelector(".log-row", { timeout: 15_000 });
    await waitForNoText(page, "The log store does not answer");
    await page.close();
  });

  it("shows two browsers the same, live", async () => {
    const context = await tested.browser.createBrowserContext();
    const other = await context.newPage();
    await other.goto(`${tested.origin}/logs`);
    const page = await tested.open("/logs");
    await page.bringToFront();
    await page.waitForSelector(".log-row");
    await other.waitForSelector(".log-row");
    tested.sources.logs.write("for both of them");
    await waitForText(page, "for both of them");
    await other.bringToFront();
    await waitForText(other, "for both of them");
    await context.close();
    await page.close();
  });

  it("names its landmarks, and every button and field (OBS-3)", async () => {
    const page = await tested.open("/logs");
    await page.waitForSelector(".log-row");
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, a, input, select")]
        .filter((each) => !(each.textContent || each.getAttribute("aria-label") || each.title || each.closest("label")))
        .map((each) => each.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(nameless, []);
    for (const landmark of ["main", "nav[aria-label]", "search", "[role=grid][aria-rowcount]"])
      assert.ok(await page.$(landmark), landmark);
    assert.match(await shownText(page), /lines/);
    await page.close();
  });
});
