import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Check, CheckResult } from "./check.ts";
import { isRecord } from "./guards.ts";
import type { InspectedService } from "./inspected-service.ts";
import { metricsErrors } from "./metrics-format.ts";
import { listOperations, type Operation, openapiErrors } from "./openapi.ts";

const RESPONSE_TIMEOUT_MS = 5000;
/** Time that a log line may take to reach the file. */
const LOG_TIMEOUT_MS = 2000;
/** More routes share the same middleware, so that they need no request. */
const MAX_ROUTES = 25;

/**
 * Checks of the running service (SDG-3, SDG-5, SDG-7). They change no data: every request is
 * invalid or only reads.
 */
export const liveChecks: Check[] = [
  {
    name: "its probes answer",
    live: true,
    evaluate: async (subject) =>
      (
        await Promise.all(
          (["live", "ready"] as const).map((probe) =>
            checkProbe(subject, subject.service.probes[probe], `the ${probe} probe`),
          ),
        )
      ).flat(),
  },
  { name: "a request without its tenant is refused", live: true, evaluate: checkTenantHeader },
  { name: "its metrics can be read", live: true, evaluate: checkMetrics },
  {
    name: "its OpenAPI document is valid",
    live: true,
    evaluate: async (subject) => (await fetchOpenapi(subject)).faults,
  },
  { name: "its log is JSON, with the request's correlation id", live: true, evaluate: checkLog },
];

async function checkProbe(subject: InspectedService, path: string, what: string): Promise<string[]> {
  const { status } = await get(subject, path);
  return status >= 200 && status < 300
    ? []
    : [`${what} ${path} answers ${status}, but must answer 200 while all that the service needs is there`];
}

async function checkMetrics(subject: InspectedService): Promise<string[]> {
  const { metrics: path } = subject.service;
  const answer = await get(subject, path);
  if (answer.status !== 200)
    return [`${path} answers ${answer.status}: serve metrics there, or name their path in plinth.json`];
  return metricsErrors(await answer.text()).map((fault) => `${path}: ${fault}`);
}

async function fetchOpenapi(subject: InspectedService): Promise<{ faults: string[]; found?: unknown }> {
  const { openapi: path } = subject.service;
  const answer = await get(subject, path);
  if (answer.status !== 200)
    return { faults: [`${path} answers ${answer.status}: serve the document there, or name its path in plinth.json`] };
  const text = await answer.text();
  try {
    const found: unknown = JSON.parse(text);
    return { faults: openapiErrors(found).map((fault) => `${path}: ${fault}`), found };
  } catch {
    return { faults: [`${path} is not JSON`] };
  }
}

const MALFORMED_TENANTS = ["abc", "0", "-1", "1.5", "1e3"];

async function checkTenantHeader(subject: InspectedService): Promise<CheckResult> {
  const { tenant } = subject.service;
  if (tenant === "none") return { skipped: "the service has no tenants, as its plinth.json says" };
  const routes = await requestableRoutes(subject);
  if (routes.length === 0)
    return [`its OpenAPI document names no route that could be tried: describe each that takes a tenant`];
  // A service with a default tenant accepts a request without one.
  const given = [...(tenant === "header" ? [undefined] : []), ...MALFORMED_TENANTS];
  const faults: string[] = [];
  for (const [index, route] of routes.entries()) {
    // All values on the first route, one on each other: all routes share the code.
    for (const value of index === 0 ? given : given.slice(0, 1)) {
      const { status } = await sendOperation(subject, route, value === undefined ? {} : { "x-tenant-id": value });
      if (status === 400) continue;
      const header = value === undefined ? "without X-Tenant-Id" : `with X-Tenant-Id: ${value}`;
      faults.push(
        `${route.method} ${route.pattern} ${header} answers ${status}, but must answer 400 before it does anything`,
      );
    }
  }
  return faults;
}

async function checkLog(subject: InspectedService): Promise<CheckResult> {
  if (subject.log === undefined) return { skipped: "only the log of a stack on this machine can be read" };
  const id = `checklist-${randomUUID()}`;
  const before = subject.log().length;
  const [route = { method: "GET", pattern: "/", path: `/${id}` }] = await requestableRoutes(subject);
  await sendOperation(subject, route, { "x-correlation-id": id });
  for (const deadline = Date.now() + LOG_TIMEOUT_MS; Date.now() < deadline; await sleep(50))
    if (logLinesSince(subject, before).some((line) => line.includes(id))) break;
  const lines = logLinesSince(subject, before);
  const plain = lines.find((line) => parseJsonLine(line) === undefined);
  if (plain !== undefined) return [`a line of its log is not a JSON object: ${plain.slice(0, 100)}`];
  const record = lines.map(parseJsonLine).find((line) => line && Object.values(line).includes(id));
  return record
    ? []
    : ["no line of its log has the X-Correlation-Id that a request came with: log each request with it"];
}

async function requestableRoutes(subject: InspectedService): Promise<Operation[]> {
  const { probes, metrics, openapi, name: _ } = subject.service;
  const excluded = [probes.live, probes.ready, metrics, openapi, "/", "/docs", "/swagger", "/health", "/ready"];
  const all = listOperations((await fetchOpenapi(subject)).found, excluded);
  // Reads first: even a service without tenant checks then changes nothing.
  return [...all.filter(({ method }) => method === "GET"), ...all.filter(({ method }) => method !== "GET")].slice(
    0,
    MAX_ROUTES,
  );
}

function logLinesSince(subject: InspectedService, from: number): string[] {
  const text = subject.log?.().slice(from) ?? "";
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "");
}

function parseJsonLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function get({ baseUrl }: InspectedService, path: string): Promise<Response> {
  return fetch(`${baseUrl}${path}`, { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
}

async function sendOperation(
  { baseUrl }: InspectedService,
  { method, path }: Operation,
  headers: Record<string, string>,
): Promise<Response> {
  const body = ["POST", "PUT", "PATCH"].includes(method)
    ? { body: "{}", headers: { ...headers, "content-type": "application/json" } }
    : { headers };
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    ...body,
    signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  return response;
}
