import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { traceRequest } from "../../../support/collector/otlp-messages.ts";
import { eventually } from "../../../support/eventually.ts";
import { residentBytes } from "../../../support/resident-memory.ts";
import { type LogStore, startLogStore } from "../../../support/servers/victoria-logs.ts";

const MAIN = new URL("../../../support/collector/collector-main.ts", import.meta.url).pathname;

describe("collector", function () {
  this.timeout(100_000);
  let store: LogStore;
  let directory: string;
  let settings: object;
  let otlp: string;
  let child: ChildProcess;

  before(async () => {
    store = await startLogStore();
    directory = mkdtempSync(join(tmpdir(), "collector-"));
    mkdirSync(join(directory, "logs"));
    const port = await findFreePort(3);
    otlp = `http://127.0.0.1:${port + 2}`;
    settings = {
      stack: "local",
      directory,
      data: join(directory, "data"),
      page: directory,
      ports: { page: port, loki: port + 1, otlp: port + 2 },
      stores: { logs: store.url, metrics: "http://127.0.0.1:9" },
      brokers: "127.0.0.1:9",
      registry: "http://127.0.0.1:9",
      processes: [{ name: "wallet", kind: "service", service: "wallet", version: "1.0.0", uses: [] }],
      dashboards: [],
      retention: { days: 7, bytes: "1GB" },
    };
    await start();
  });
  after(async () => {
    child.kill("SIGKILL");
    await store.stop();
    rmSync(directory, { recursive: true });
  });

  async function start(): Promise<void> {
    child = spawn(process.execPath, ["--max-semi-space-size=2", MAIN, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout!, "data");
    child.stdout!.resume();
  }

  const write = (name: string, text: string) => appendFileSync(join(directory, "logs", `${name}.log`), text);
  const count = async (query: string) =>
    Number((await store.client.find(10001, `${query} | stats count() n, count_uniq(i) u`))[0]?.u ?? 0);

  it("loses no line and no span when it is killed again and again (OBS-7)", async () => {
    let written = 0;
    const traces: string[] = [];
    for (let kills = 0; kills < 4; kills++) {
      for (let round = 0; round < 10; round++) {
        const lines = Array.from({ length: 200 }, (_, n) => `${JSON.stringify({ i: written + n, msg: "m" })}\n`);
        write("wallet", lines.join(""));
        written += lines.length;
        const traceId = randomBytes(16).toString("hex");
        const startNs = BigInt(Date.now()) * 1_000_000n;
        const span = { traceId, spanId: "0102030405060708", name: "s", startNs, endNs: startNs };
        const headers = { "content-type": "application/x-protobuf" };
        const body = traceRequest("wallet", [span]);
        const { status } = await fetch(`${otlp}/v1/traces`, { method: "POST", headers, body });
        assert.equal(status, 200);
        traces.push(traceId);
        await sleep(40);
      }
      child.kill("SIGKILL");
      await once(child, "exit");
      await start();
    }
    await eventually("all lines", async () => (await count("process:=wallet")) === written, 20);
    await eventually("all spans", async () => {
      const found = await store.client.find(10001, '{kind="span"} | stats by (trace_id) count() n');
      const known = new Set(found.map(({ trace_id }) => trace_id));
      return traces.every((trace) => known.has(trace));
    });
    const [{ n = "" } = {}] = await store.client.find(10001, "process:=wallet | stats count() n");
    // A kill repeats a second's lines at most.
    assert.ok(Number(n) < 2 * written, `${n} of ${written}`);
  });

  it("grows by less than 90 MB while 200,000 lines arrive as fast as it reads them (OBS-8)", async () => {
    const line = `${JSON.stringify({ level: "info", service: "noisy", trace_id: "0af7651916cd43dd8448eb211c80319c", tenant_id: 7, route: "/bets/:id", status: 200, msg: "request" })}\n`;
    for (let n = 0; n < 20; n++) write("noisy", line.repeat(10_000));
    const before = residentBytes(child.pid!);
    let peak = 0;
    await eventually(
      "all lines",
      async () => {
        peak = Math.max(peak, residentBytes(child.pid!));
        const [{ n = "0" } = {}] = await store.client.find(10001, "process:=noisy | stats count() n");
        return Number(n) >= 200_000;
      },
      30,
    );
    assert.ok(peak - before < 90e6, `${Math.round(before / 1e6)} MB, then ${Math.round(peak / 1e6)} MB`);
  });
});
