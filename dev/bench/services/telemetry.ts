import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { wrkTool } from "@plinth/toolchain/programs/wrk.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { startOtlpReceiver } from "../../../tests/support/kit/otlp-receiver.ts";
import { stopServers } from "../../../tests/support/servers/servers.ts";
import { type Platform, platform, TENANT } from "../../../tests/support/services/platform.ts";
import { measureInTurns } from "../in-turns.ts";
import { measureLogLines } from "../kit/log-lines.ts";
import { measureMetricSeries } from "../kit/metric-series.ts";
import type { BenchmarkRow } from "../row.ts";
import { medianAndRange } from "../statistics.ts";
import { type PinnedProcess, startPinnedProcess } from "./pinned-process.ts";
import { runWrk, type WrkResult } from "./wrk.ts";
import { createReadScript } from "./wrk-script.ts";

/** Odd: the median is then a run that took place. */
const RUNS = Number(process.env.RUNS ?? 7);
const SECONDS = 5;
const SAMPLING_RATIO = "0.01";

/**
 * The cost that metrics, logs and traces (1 % recorded and exported) add to the cheapest request: a
 * user from the cache.
 */
export async function benchmarkTelemetry(): Promise<BenchmarkRow[]> {
  return [...(await measureRequests()), ...(await measureLogLines(RUNS)), ...(await measureMetricSeries(RUNS))];
}

async function measureRequests(): Promise<BenchmarkRow[]> {
  await installMissing([wrkTool]);
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const receiver = await startOtlpReceiver();
  const loki = await startLineSink();
  const running: PinnedProcess[] = [];
  try {
    const servers = await platform();
    const subjects: Record<string, { service: PinnedProcess; script: string }> = {};
    for (const mode of ["on", "off", "pushed"]) {
      const service = await startService(servers, mode, receiver.endpoint, loki.url);
      running.push(service);
      subjects[mode] = { service, script: await createReadScript(folder, service, TENANT) };
    }
    // The warm-up turn fills the cache.
    const loads = await measureInTurns(subjects, RUNS, ({ service, script }) => runWrk(service, script, SECONDS));
    if (receiver.spans.length === 0) throw new Error("No trace arrived at the receiver: telemetry was not on");
    if (loki.bytes() === 0) throw new Error("No line arrived at Loki: nothing was pushed");
    const [on, off] = [loads.on!, loads.off!];
    const cpuRow = (what: string, goal: string, subject: WrkResult[]) =>
      comparisonRow(
        what,
        goal,
        subject,
        off,
        ({ cpuMicroseconds }) => cpuMicroseconds,
        (value) => `${value.toFixed(1)} µs`,
      );
    return [
      cpuRow("CPU a request", "≤ 5 % more", on),
      cpuRow("CPU a request, its line pushed to Loki too", "printed", loads.pushed!),
      comparisonRow(
        "requests/s",
        "≤ 5 % fewer",
        on,
        off,
        ({ requestsPerSecond }) => requestsPerSecond,
        (value) => Math.round(value).toString(),
      ),
    ];
  } finally {
    for (const service of running) await service.stop();
    await receiver.close();
    await loki.close();
    await stopServers();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes what is pushed to Loki, as cheaply as can be: it shares the load's core. */
async function startLineSink() {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => response.writeHead(204).end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

async function startService(
  servers: Platform,
  mode: string,
  endpoint: string,
  lokiUrl: string,
): Promise<PinnedProcess> {
  const port = await findFreePort();
  const environment = {
    ...servers.environment(),
    PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    LOKI_URL: lokiUrl,
    OTEL_TRACES_SAMPLER_ARG: SAMPLING_RATIO,
  };
  return startPinnedProcess(
    [process.execPath, join(import.meta.dirname, "telemetry-service.ts"), mode],
    environment,
    port,
    "/ready",
  );
}

/** With the median of the differences between consecutive runs. */
function comparisonRow(
  what: string,
  goal: string,
  on: WrkResult[],
  off: WrkResult[],
  pick: (one: WrkResult) => number,
  format: (value: number) => string,
): BenchmarkRow {
  const differences = on.map((one, index) => pick(one) / pick(off[index]!) - 1);
  const percent = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value * 100).toFixed(1)} %`;
  return {
    what: `GET a user, cached, telemetry on: ${what}`,
    goal,
    measured: `${medianAndRange(on.map(pick), format)}, ${medianAndRange(differences, percent)}`,
    baseline: `off: ${medianAndRange(off.map(pick), format)}`,
  };
}
