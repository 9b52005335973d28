import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Counts } from "@plinth/local/collector/counts.ts";
import { toListener } from "@plinth/local/collector/http/server.ts";
import { createAlertRoute } from "@plinth/local/collector/notifications/alert-route.ts";
import { AlertStore } from "@plinth/local/collector/notifications/alert-store.ts";
import { Notifier } from "@plinth/local/collector/notifications/notifier.ts";
import { eventually } from "../../../../support/eventually.ts";

interface Notification {
  version: string;
  status: string;
  commonLabels: Record<string, string>;
  alerts: { status: string; labels: Record<string, string>; fingerprint: string; endsAt: string }[];
}

describe("notifier of the webhook", function () {
  this.timeout(30_000);
  const taken: Notification[] = [];
  const reports: string[] = [];
  let answer: (body: string) => number | undefined;
  let folder: string;
  let webhook: Server;
  let notifier: Notifier;
  let counts: Counts;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "notifier-"));
    taken.length = 0;
    reports.length = 0;
    answer = (body) => {
      taken.push(JSON.parse(body) as Notification);
      return 200;
    };
    webhook = createServer(async (request, response) => {
      const status = answer(await text(request));
      if (status !== undefined) response.writeHead(status).end();
    }).listen(0, "127.0.0.1");
    await once(webhook, "listening");
    start();
  });
  afterEach(async () => {
    await notifier.stop();
    webhook.closeAllConnections();
    webhook.close();
    rmSync(folder, { recursive: true });
  });

  function start(): void {
    counts = new Counts();
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook?key=topsecret`;
    const store = new AlertStore(join(folder, "alerts.json"));
    notifier = new Notifier({ webhook: url, externalUrl: "http://localhost:7700" }, store, counts, (line) =>
      reports.push(line),
    );
  }

  const alert = (name: string, fields: object = {}) => ({
    labels: { alertname: name, service: "wallet" },
    annotations: { summary: `${name} of wallet` },
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 60_000).toISOString(),
    ...fields,
  });
  const ended = (name: string) => alert(name, { endsAt: new Date(Date.now() - 1).toISOString() });

  it("tells each begin and each end once, however often they are sent (OBS-5)", async () => {
    for (let n = 0; n < 5; n++) notifier.receive([alert("ServiceDown")]);
    await eventually("the begin", () => taken.length > 0);
    notifier.receive([alert("ServiceDown")]);
    await sleep(1200);
    assert.equal(taken.length, 1);
    for (let n = 0; n < 3; n++) notifier.receive([ended("ServiceDown")]);
    await eventually("the end", () => taken.length > 1);
    notifier.receive([ended("ServiceDown")]);
    await sleep(1200);
    assert.deepEqual(
      taken.map(({ version, status, alerts }) => [version, status, alerts[0]?.status, alerts[0]?.labels.alertname]),
      [
        ["4", "firing", "firing", "ServiceDown"],
        ["4", "resolved", "resolved", "ServiceDown"],
      ],
    );
    assert.equal(taken[0]?.alerts[0]?.endsAt, "0001-01-01T00:00:00Z");
    assert.deepEqual(taken[0]?.commonLabels, { alertname: "ServiceDown", service: "wallet" });
  });

  it("tries again while the webhook fails or hangs, and says so once without its address", async () => {
    let attempts = 0;
    const take = answer;
    answer = (body) => {
      attempts++;
      if (attempts === 1) return 500;
      return attempts === 2 ? undefined : take(body);
    };
    notifier.receive([alert("BrokerDown")]);
    // The report follows the answer.
    await eventually("it is taken", () => taken.length === 1 && reports.length === 2, 25);
    assert.equal(attempts, 3);
    assert.equal(reports.length, 2);
    assert.doesNotMatch(reports.join(), /topsecret|127\.0\.0\.1/);
  });

  it("ends an alert that nobody sends again", async () => {
    notifier.receive([alert("Forgotten", { endsAt: new Date(Date.now() + 1500).toISOString() })]);
    await eventually("begin and end", () => taken.length === 2);
    assert.deepEqual(
      taken.map(({ status }) => status),
      ["firing", "resolved"],
    );
  });

  it("knows after a start what it has told, and tells what it has not", async () => {
    notifier.receive([alert("Known")]);
    await eventually("the begin", () => taken.length === 1);
    await notifier.stop();
    notifier.receive([ended("Known"), alert("Missed")]);
    start();
    await eventually("both", () => taken.length === 3);
    assert.deepEqual(
      taken.slice(1).map(({ status, alerts }) => [status, alerts[0]?.labels.alertname]),
      [
        ["firing", "Missed"],
        ["resolved", "Known"],
      ],
    );
  });

  it("forgets what ended while there was no webhook, and tells a new one what still fires", async () => {
    await notifier.stop();
    const settings = { externalUrl: "http://localhost:7700" };
    const without = new Notifier(settings, new AlertStore(join(folder, "alerts.json")), counts, () => undefined);
    for (let n = 0; n < 1200; n++) without.receive([alert(`Past${n}`)].concat(n === 0 ? [] : [ended(`Past${n - 1}`)]));
    without.receive([ended("Past1199"), alert("Present"), { labels: { alertname: { toString: 1 } } }]);
    assert.equal(counts.get("plinth_notifications_total", { result: "no room" }), 0);
    await without.stop();
    start();
    await eventually("what fires", () => taken.length > 0);
    await sleep(700);
    const told = taken.flatMap(({ alerts }) => alerts).map(({ status, labels }) => [status, labels.alertname]);
    assert.deepEqual(told, [
      ["firing", "Present"],
      ["firing", '{"toString":1}'],
    ]);
  });

  it("keeps a bounded number of alerts and counts the others", async () => {
    notifier.receive(Array.from({ length: 1500 }, (_, n) => alert(`Alert${n}`)));
    assert.equal(counts.get("plinth_notifications_total", { result: "no room" }), 500);
    await eventually("all that are kept", () => taken.flatMap(({ alerts }) => alerts).length === 1000, 20);
  });

  it("takes Alertmanager's webhook, too", async () => {
    notifier.receive({
      version: "4",
      alerts: [{ ...alert("Grouped"), status: "firing", endsAt: "0001-01-01T00:00:00Z" }],
    });
    await eventually("the begin", () => taken.length === 1);
    notifier.receive({ version: "4", alerts: [{ ...ended("Grouped"), status: "resolved" }] });
    await eventually("the end", () => taken.length === 2);
  });

  it("refuses a body without a list of alerts in one sentence", async () => {
    const server = createServer(toListener(createAlertRoute(notifier))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const post = async (body: string, type = "application/json") => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/alerts`;
      const response = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
      return [response.status, (await response.text()).trim()];
    };
    assert.deepEqual(await post("{"), [400, "The body is no JSON: send a list of alerts"]);
    assert.deepEqual(await post("null"), [
      400,
      "The body is not a list of alerts: send an array as to Alertmanager's /api/v2/alerts",
    ]);
    assert.deepEqual(await post("[{}]"), [400, "An alert has no label 'alertname': name its rule there"]);
    assert.deepEqual(await post("[]", "text/plain"), [415, "Send alerts as application/json"]);
    assert.equal((await post("x".repeat(5 << 20)))[0], 413);
    assert.deepEqual(await post("[]"), [200, "{}"]);
    server.closeAllConnections();
    server.close();
  });
});
