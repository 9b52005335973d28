import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ObservabilitySettings, readObservabilitySettings } from "@plinth/local/observability/settings.ts";

export interface Check {
  what: string;
  ok: boolean;
  detail: string;
}

/** Infrastructure's tenant: lines of this command are filed there. */
const TENANT = "10001";
const SERVICE = "monitoring-health";
const ARRIVAL_MS = 6000;

/** Checks the observability of a stack of processes by its own ways in and out. */
export async function checkProcesses(directory: string): Promise<Check[]> {
  const settings = readObservabilitySettings(join(directory, "observability", "settings.json"));
  const checks: [what: string, check: (settings: ObservabilitySettings) => Promise<string>][] = [
    ["logs: a line pushed as to Loki is found", checkLine],
    ["logs: a line without a tenant is refused", checkRefusal],
    ["traces: a span sent by OTLP is found", checkSpan],
    ["metrics: services are scraped", checkScrapes],
    ["alerts: rules are evaluated", checkRules],
    ["page: it answers", ({ ports }) => requireOk(`http://localhost:${ports.page}/health`).then(() => "")],
  ];
  return Promise.all(
    checks.map(([what, check]) =>
      check(settings).then(
        (detail) => ({ what, ok: true, detail }),
        (error: Error & { cause?: Error }) => ({ what, ok: false, detail: error.cause?.message ?? error.message }),
      ),
    ),
  );
}

async function checkLine({ ports, stores }: ObservabilitySettings): Promise<string> {
  const mark = randomUUID();
  await push(ports.loki, mark, { "x-scope-orgid": TENANT });
  return waitForDocument(stores.logs, `_time:5m "${mark}"`);
}

async function checkRefusal({ ports }: ObservabilitySettings): Promise<string> {
  const { status } = await fetch(pushUrl(ports.loki), {
    method: "POST",
    signal: AbortSignal.timeout(3000),
    ...pushBody(randomUUID()),
  });
  if (status !== 400 && status !== 401) throw new Error(`the answer was ${status}`);
  return `status ${status}`;
}

async function checkSpan({ ports, stores }: ObservabilitySettings): Promise<string> {
  const [traceId, spanId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  const nanoseconds = String(BigInt(Date.now()) * 1_000_000n);
  const span = {
    traceId,
    spanId,
    name: SERVICE,
    kind: 1,
    startTimeUnixNano: nanoseconds,
    endTimeUnixNano: nanoseconds,
  };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: SERVICE } }] };
  await requireOk(`http://localhost:${ports.otlp}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  return waitForDocument(stores.logs, `_time:5m trace_id:="${traceId}"`);
}

/** A service that has just started is scraped within five seconds. */
async function checkScrapes(settings: ObservabilitySettings): Promise<string> {
  const until = Date.now() + ARRIVAL_MS;
  for (;;) {
    const outcome = await readScrapes(settings).catch((error: Error) => error);
    if (typeof outcome === "string") return outcome;
    if (Date.now() > until) throw outcome;
    await sleep(500);
  }
}

async function readScrapes({ stores }: ObservabilitySettings): Promise<string> {
  const response = await requireOk(`${stores.metrics}/api/v1/query?query=up`);
  const { data } = (await response.json()) as {
    data: { result: { metric: { job: string }; value: [number, string] }[] };
  };
  const down = data.result.filter(({ value }) => value[1] !== "1").map(({ metric }) => metric.job);
  if (data.result.length === 0) throw new Error("nothing has been scraped yet");
  if (down.length > 0) throw new Error(`no answer from ${down.join(", ")}`);
  return `${data.result.length} programs`;
}

async function checkRules({ stores }: ObservabilitySettings): Promise<string> {
  const response = await requireOk(`${stores.metrics}/api/v1/rules`);
  interface Rule {
    name: string;
    state: string;
    lastError: string;
  }
  const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
  const rules = data.groups.flatMap((group) => group.rules);
  const [failed] = rules.filter(({ lastError }) => lastError !== "");
  if (failed) throw new Error(`${failed.name}: ${failed.lastError}`);
  if (rules.length === 0) throw new Error("vmalert has no rules");
  const firing = rules.filter(({ state }) => state === "firing").map(({ name }) => name);
  return `${rules.length} rules, ${firing.length === 0 ? "none fires" : `${firing.join(", ")} firing`}`;
}

function push(port: number, mark: string, headers: Record<string, string>): Promise<Response> {
  const { headers: type, body } = pushBody(mark);
  return requireOk(pushUrl(port), { method: "POST", headers: { ...type, ...headers }, body });
}

function pushUrl(port: number): string {
  return `http://localhost:${port}/loki/api/v1/push`;
}

function pushBody(mark: string) {
  const line = [String(BigInt(Date.now()) * 1_000_000n), `a line of make check-monitoring-health: ${mark}`];
  return {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ streams: [{ stream: { service: SERVICE }, values: [line] }] }),
  };
}

/** @returns how long it took */
async function waitForDocument(store: string, query: string): Promise<string> {
  const begun = Date.now();
  for (;;) {
    const found = await requireOk(`${store}/select/logsql/query?query=${encodeURIComponent(query)}&limit=1`, {
      headers: { AccountID: TENANT },
    });
    if ((await found.text()).trim() !== "") return `after ${Date.now() - begun} ms`;
    if (Date.now() - begun > ARRIVAL_MS) throw new Error(`not found after ${ARRIVAL_MS / 1000} s`);
    await sleep(50);
  }
}

async function requireOk(url: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(3000), ...options });
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return response;
}
