import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "../../components/base/validation.ts";
import type { Check, CheckResult } from "./check.ts";
import type { InspectedService } from "./inspected-service.ts";
import { metricsErrors } from "./metrics-format.ts";
import { listOperations, type Operation, openapiErrors } from "./openapi.ts";

const RESPONSE_TIMEOUT_MS = 5000;
/** What a line of a log may take from the service to its file. */
const LOG_TIMEOUT_MS = 2000;
/** Of each kind; a service with a hundred routes has the same middleware for all. */
const MAX_ROUTES = 25;

/**
 * What is asked of the service while it runs (SDG-3, SDG-5, SDG-7). Nothing of it changes any data:
 * every request lacks what it needs, or only reads.
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
  // Without a tenant is no fault where there is a default one.
  const given = [...(tenant === "header" ? [undefined] : []), ...MALFORMED_TENANTS];
  const faults: string[] = [];
  for (const [index, route] of routes.entries()) {
    // All values on the first route; then one each, as they share the code that judges them.
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
  if (subject.log === undefined)
    return { skipped: "its log cannot be read from here: only that of a stack on this machine" };
  const id = `checklist-${randomUUID()}`;
  const before = subject.log().length;
  const [route = { method: "GET", pattern: "/", path: `/${id}` }] = await requestableRoutes(subject);
  await sendOperation(subject, route, { "x-correlation-id": id });
  for (const deadline = Date.now() + LOG_TIMEOUT_MS; Date.now() < deadline; await sleep(50))
    if (logLinesSince(subject, before).some((line) => line.includes(id))) break;
  const lines = logLinesSince(subject, before);
  const plain = lines.find((line) => parseJsonLine(line) === undefined);
  if (plain !== undefined) return [`a line of its log is no JSON object: ${plain.slice(0, 100)}`];
  const own = lines.map(parseJsonLine).find((line) => line && Object.values(line).includes(id));
  return own ? [] : ["no line of its log has the X-Correlation-Id that a request came with: log each request with it"];
}

async function requestableRoutes(subject: InspectedService): Promise<Operation[]> {
  const { probes, metrics: own, openapi, name: _ } = subject.service;
  const aside = [probes.live, probes.ready, own, openapi, "/", "/docs", "/swagger", "/health", "/ready"];
  const all = listOperations((await fetchOpenapi(subject)).found, aside);
  // Those that read come first: a service that forgets its tenants then changes nothing, either.
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
