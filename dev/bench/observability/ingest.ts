import { randomBytes } from "node:crypto";
import { status } from "@plinth/local/supervisor/client.ts";
import { readProcessMemory } from "../../../cli/stack/process-memory.ts";
import type { Stack } from "../../../tests/support/stack/stack.ts";
import type { BenchmarkRow } from "../row.ts";
import { cpuSeconds } from "../services/pinned-process.ts";

const SECONDS = 10;
const CLIENTS = 4;
const PER_REQUEST = 1000;

/** How much the collector takes, in whole batches by four clients, and at what CPU time. */
export async function benchmarkIngest(stack: Stack): Promise<BenchmarkRow[]> {
  const { loki, otlp } = stack.ports;
  return [
    await measureIngest(stack, "lines", "≥ 50,000/s on a core", `http://127.0.0.1:${loki}/loki/api/v1/push`, linesBody),
    await measureIngest(stack, "spans", "≥ 10,000/s on a core", `http://127.0.0.1:${otlp}/v1/traces`, spansBody),
  ];
}

async function measureIngest(
  stack: Stack,
  kind: string,
  goal: string,
  url: string,
  createBody: () => string,
): Promise<BenchmarkRow> {
  const { pid } = (await status(stack.directory)).find(({ name }) => name === "observability")!;
  // Made beforehand: the clients share the machine with the collector.
  const bodies = Array.from({ length: 8 }, createBody);
  let accepted = 0;
  let refused = 0;
  const until = Date.now() + SECONDS * 1000;
  const before = cpuSeconds(pid!);
  const send = async () => {
    for (let n = 0; Date.now() < until; n++) {
      const { ok, body } = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", "x-scope-orgid": "10001" },
        body: bodies[n % bodies.length]!,
      });
      await body?.cancel();
      if (ok) accepted += PER_REQUEST;
      else refused++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, send));
  const perCore = accepted / (cpuSeconds(pid!) - before);
  return {
    what: `ingest of ${kind}, ${CLIENTS} clients with ${PER_REQUEST} a request${refused > 0 ? `, ${refused} requests refused` : ""}`,
    goal,
    measured: `${format(perCore)} for each second of CPU, ${format(accepted / SECONDS)}/s here; ${Math.round(readProcessMemory(pid!).resident)} MiB after`,
  };
}

const format = (count: number) => Math.round(count).toLocaleString("en-US");
const now = () => String(BigInt(Date.now()) * 1_000_000n);

function linesBody(): string {
  const line = () =>
    JSON.stringify({
      level: "info",
      msg: "request",
      route: "/api/v1/users/{id}",
      correlation_id: randomBytes(8).toString("hex"),
    });
  const values = Array.from({ length: PER_REQUEST }, () => [now(), line()]);
  return JSON.stringify({ streams: [{ stream: { service: "bench", env: "bench", version: "1" }, values }] });
}

function spansBody(): string {
  const span = () => ({
    traceId: randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
    name: "GET /api/v1/users/{id}",
    kind: 2,
    startTimeUnixNano: now(),
    endTimeUnixNano: now(),
    attributes: [{ key: "http.response.status_code", value: { intValue: "200" } }],
  });
  const spans = Array.from({ length: PER_REQUEST }, span);
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "bench" } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}
