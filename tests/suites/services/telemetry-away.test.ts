import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilReady } from "@plinth/kit/testing/in-process.ts";
import { createServiceProcess, type ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { waitUntil } from "../../support/eventually.ts";
import { startFakeLoki } from "../../support/kit/fake-loki.ts";
import { startOtlpReceiver } from "../../support/kit/otlp-receiver.ts";
import { type Platform, platform } from "../../support/services/platform.ts";
import { requestsTo } from "../../support/services/wallet-client.ts";

const REQUESTS = 2000;
const PATH = "/api/v1/accounts/00000000-0000-4000-8000-000000000000/balance";

describe("a service whose observability stack is removed (INF-13, OBS-4)", () => {
  let at: Platform;
  let lokiPort: number;
  let otlpPort: number;
  let wallet: ServiceProcess;

  before(async () => {
    at = await platform();
  });
  beforeEach(async () => {
    [lokiPort, otlpPort] = [await findFreePort(), await findFreePort()];
    wallet = createServiceProcess({
      command: ["node", "services/wallet/main.ts"],
      environment: {
        ...at.environment(),
        LOG_LEVEL: "debug",
        LOKI_URL: `http://localhost:${lokiPort}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${otlpPort}`,
      },
      port: await findFreePort(),
    });
    await wallet.start();
    await waitUntilReady(wallet.baseUrl);
  });
  afterEach(() => wallet.kill());

  const parsed = () =>
    wallet.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
  const read = async () => assert.equal((await requestsTo(wallet.baseUrl)("GET", PATH)).status, 404);
  const metric = async (start: string) =>
    Number(
      (await (await fetch(`${wallet.baseUrl}/metrics`)).text())
        .split("\n")
        .find((line) => line.startsWith(start))
        ?.split(" ")
        .at(-1) ?? 0,
    );

  it("says so once for each, answers as before, and ends without waiting for them", async () => {
    for (let sent = 0; sent < REQUESTS; sent += 20) await Promise.all(Array.from({ length: 20 }, read));
    // Further attempts to reach them fail meanwhile.
    await sleep(1500);
    await read();
    const begun = performance.now();
    assert.equal(await wallet.stop(), 0);
    const stopMs = performance.now() - begun;
    const lines = parsed();
    const warnings = lines.filter(({ level }) => level === "warn").map(({ msg }) => msg);
    assert.deepEqual(warnings.filter((msg) => /Loki|exported/.test(String(msg))).sort(), [
      "Loki does not take lines",
      "the process ends before all traces were exported",
      "traces cannot be exported",
    ]);
    const telemetry = lines.find(({ msg, part }) => msg === "part stopped" && part === "telemetry");
    assert.ok(Number(telemetry?.ms) < 500, `telemetry took ${telemetry?.ms} of ${Math.round(stopMs)} ms`);
  });

  it("delivers what it kept once the stack is there again", async () => {
    for (let sent = 0; sent < 100; sent++) await read();
    await waitUntil("it noticed", () => parsed().filter(({ level }) => level === "warn").length >= 2);
    const [loki, receiver] = [await startFakeLoki(lokiPort), await startOtlpReceiver({ port: otlpPort })];
    try {
      await waitUntil("the tenant's lines arrive", () => loki.entries.length >= 100);
      await waitUntil("the spans arrive", () => receiver.spans.filter(({ kind }) => kind === 2).length >= 100);
      assert.equal(await metric('tracing_spans_total{result="dropped"'), 0);
      assert.equal(await metric("loki_lines_waiting"), 0);
    } finally {
      await Promise.all([loki.close(), receiver.close()]);
    }
  });
});
