import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "../../components/fields.ts";
import { metricsFaults } from "./metrics-text.ts";
import { type Operation, openapiFaults, operationsOf } from "./openapi.ts";
import type { Point, Verdict } from "./point.ts";
import type { Subject } from "./subject.ts";

const ANSWER_MS = 5000;
/** What a line of a log may take from the service to its file. */
const LOG_MS = 2000;
/** Of each kind; a service with a hundred routes has the same middleware for all. */
const MOST_ROUTES = 25;

/** What is asked of the service while it runs (SDG-3, SDG-5, SDG-7). Nothing of it changes any data: every request lacks what it needs, or only reads. */
export const livePoints: Point[] = [
  {
    name: "its probes answer",
    live: true,
    judge: async (subject) =>
      (
        await Promise.all((["live", "ready"] as const).map((probe) => notOk(subject, subject.service.probes[probe], `the ${probe} probe`)))
      ).flat(),
  },
  { name: "a request without its tenant is refused", live: true, judge: tenants },
  { name: "its metrics can be read", live: true, judge: metrics },
  { name: "its OpenAPI document is valid", live: true, judge: async (subject) => (await document(subject)).faults },
  { name: "its log is JSON, with the request's correlation id", live: true, judge: logs },
];

async function notOk(subject: Subject, path: string, what: string): Promise<string[]> {
  const { status } = await ask(subject, path);
  return status >= 200 && status < 300
    ? []
    : [`${what} ${path} answers ${status}, but must answer 200 while all that the service needs is there`];
}

async function metrics(subject: Subject): Promise<string[]> {
  const { metrics: path } = subject.service;
  const answer = await ask(subject, path);
  if (answer.status !== 200) return [`${path} answers ${answer.status}: serve metrics there, or name their path in plinth.json`];
  return metricsFaults(await answer.text()).map((fault) => `${path}: ${fault}`);
}

async function document(subject: Subject): Promise<{ faults: string[]; found?: unknown }> {
  const { openapi: path } = subject.service;
  const answer = await ask(subject, path);
  if (answer.status !== 200)
    return { faults: [`${path} answers ${answer.status}: serve the document there, or name its path in plinth.json`] };
  const text = await answer.text();
  try {
    const found: unknown = JSON.parse(text);
    return { faults: openapiFaults(found).map((fault) => `${path}: ${fault}`), found };
  } catch {
    return { faults: [`${path} is not JSON`] };
  }
}

const MALFORMED = ["abc", "0", "-1", "1.5", "1e3"];

async function tenants(subject: Subject): Promise<Verdict> {
  const { tenant } = subject.service;
  if (tenant === "none") return { skipped: "the service has no tenants, as its plinth.json says" };
  const routes = await routesOf(subject);
  if (routes.length === 0) return [`its OpenAPI document names no route that could be tried: describe each that takes a tenant`];
  // Without a tenant is no fault where there is a default one.
  const given = [...(tenant === "header" ? [undefined] : []), ...MALFORMED];
  const faults: string[] = [];
  for (const [index, route] of routes.entries()) {
    // All values on the first route; then one each, as they share the code that judges them.
    for (const value of index === 0 ? given : given.slice(0, 1)) {
      const { status } = await send(subject, route, value === undefined ? {} : { "x-tenant-id": value });
      if (status === 400) continue;
      const header = value === undefined ? "without X-Tenant-Id" : `with X-Tenant-Id: ${value}`;
      faults.push(`${route.method} ${route.pattern} ${header} answers ${status}, but must answer 400 before it does anything`);
    }
  }
  return faults;
}

async function logs(subject: Subject): Promise<Verdict> {
  if (subject.log === undefined) return { skipped: "its log cannot be read from here: only that of a stack on this machine" };
  const id = `checklist-${randomUUID()}`;
  const before = subject.log().length;
  const [route = { method: "GET", pattern: "/", path: `/${id}` }] = await routesOf(subject);
  await send(subject, route, { "x-correlation-id": id });
  for (const deadline = Date.now() + LOG_MS; Date.now() < deadline; await sleep(50))
    if (linesOf(subject, before).some((line) => line.includes(id))) break;
  const lines = linesOf(subject, before);
  const plain = lines.find((line) => parsed(line) === undefined);
  if (plain !== undefined) return [`a line of its log is no JSON object: ${plain.slice(0, 100)}`];
  const own = lines.map(parsed).find((line) => line && Object.values(line).includes(id));
  return own ? [] : ["no line of its log has the X-Correlation-Id that a request came with: log each request with it"];
}

async function routesOf(subject: Subject): Promise<Operation[]> {
  const { probes, metrics: own, openapi, name: _ } = subject.service;
  const aside = [probes.live, probes.ready, own, openapi, "/", "/docs", "/swagger", "/health", "/ready"];
  const all = operationsOf((await document(subject)).found, aside);
  // Those that read come first: a service that forgets its tenants then changes nothing, either.
  return [...all.filter(({ method }) => method === "GET"), ...all.filter(({ method }) => method !== "GET")].slice(0, MOST_ROUTES);
}

function linesOf(subject: Subject, from: number): string[] {
  const text = subject.log?.().slice(from) ?? "";
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "");
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function ask({ base }: Subject, path: string): Promise<Response> {
  return fetch(`${base}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
}

async function send({ base }: Subject, { method, path }: Operation, headers: Record<string, string>): Promise<Response> {
  const body = ["POST", "PUT", "PATCH"].includes(method)
    ? { body: "{}", headers: { ...headers, "content-type": "application/json" } }
    : { headers };
  const response = await fetch(`${base}${path}`, { method, ...body, signal: AbortSignal.timeout(ANSWER_MS) });
  await response.arrayBuffer();
  return response;
}
