import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Check, CheckResult } from "./check.ts";
import { isRecord } from "./guards.ts";
import type { InspectedService } from "./inspected-service.ts";
import { metricsErrors, missingMetrics } from "./metrics-format.ts";
import { get, requestableRoutes, sendOperation } from "./requests.ts";

/** Time that a log line may take to reach the file. */
const LOG_TIMEOUT_MS = 2000;
const LINE_FIELDS = ["level", "time", "service", "msg"];

/** Checks of what the running service tells of its requests (SDG-7, OBS-5). */
export const telemetryChecks: Check[] = [
  { name: "its metrics can be read", live: true, evaluate: checkMetrics },
  { name: "its metrics count requests as the dashboards read them", live: true, evaluate: checkRequestMetrics },
  { name: "its log is JSON, with the request's correlation id", live: true, evaluate: checkLog },
  { name: "its log lines have the platform's fields", live: true, evaluate: checkLineFields },
];

async function checkMetrics(subject: InspectedService): Promise<string[]> {
  const { metrics: path } = subject.service;
  const answer = await get(subject, path);
  if (answer.status !== 200)
    return [`${path} answers ${answer.status}: serve metrics there, or name their path in plinth.json`];
  return metricsErrors(await answer.text()).map((fault) => `${path}: ${fault}`);
}

/** Asks a path that no route has: it must not become a label's value. */
async function checkRequestMetrics(subject: InspectedService): Promise<string[]> {
  const invented = `checklist-${randomUUID()}`;
  await get(subject, `/${invented}`);
  const { metrics: path } = subject.service;
  const text = await (await get(subject, path)).text();
  const faults = missingMetrics(text);
  if (text.includes(invented))
    faults.push(
      "a path that a client invents becomes a label: label by the route's pattern, and by 'none' without one",
    );
  return faults.map((fault) => `${path}: ${fault}`);
}

async function checkLog(subject: InspectedService): Promise<CheckResult> {
  const logged = await logRequest(subject);
  if (logged === undefined) return NO_LOG;
  const plain = logged.lines.find((line) => parseJsonLine(line) === undefined);
  if (plain !== undefined) return [`a line of its log is not a JSON object: ${plain.slice(0, 100)}`];
  return logged.record
    ? []
    : ["no line of its log has the X-Correlation-Id that a request came with: log each request with it"];
}

async function checkLineFields(subject: InspectedService): Promise<CheckResult> {
  const logged = await logRequest(subject);
  if (logged === undefined) return NO_LOG;
  const { record, traceId } = logged;
  if (record === undefined) return ["no line of its log has the correlation_id of a request"];
  const missing = LINE_FIELDS.filter((field) => typeof record[field] !== "string");
  return [
    ...missing.map((field) => `the line of a request has no '${field}', by which the platform files and shows it`),
    ...(record.trace_id === traceId
      ? []
      : ["the line of a request lacks the trace of its header 'traceparent': log it as trace_id and span_id"]),
  ];
}

const NO_LOG: CheckResult = { skipped: "only the log of a stack on this machine can be read" };

interface LoggedRequest {
  /** What it added to the log. */
  lines: string[];
  /** The line with its correlation id. */
  record: Record<string, unknown> | undefined;
  traceId: string;
}

/** One request serves both checks: a service that logs nothing is waited for once. */
const loggedRequests = new WeakMap<InspectedService, Promise<LoggedRequest>>();

function logRequest(subject: InspectedService): Promise<LoggedRequest> | undefined {
  const { log } = subject;
  if (log === undefined) return undefined;
  const known = loggedRequests.get(subject) ?? sendLoggedRequest(subject, log);
  loggedRequests.set(subject, known);
  return known;
}

async function sendLoggedRequest(subject: InspectedService, log: () => string): Promise<LoggedRequest> {
  const [id, traceId] = [`checklist-${randomUUID()}`, randomBytes(16).toString("hex")];
  const before = log().length;
  const [route = { method: "GET", pattern: "/", path: `/${id}` }] = await requestableRoutes(subject);
  const traceparent = `00-${traceId}-${randomBytes(8).toString("hex")}-00`;
  await sendOperation(subject, route, { "x-correlation-id": id, traceparent });
  for (const deadline = Date.now() + LOG_TIMEOUT_MS; Date.now() < deadline; await sleep(50))
    if (logLinesSince(log, before).some((line) => line.includes(id))) break;
  const lines = logLinesSince(log, before);
  const record = lines.map(parseJsonLine).find((line) => line && Object.values(line).includes(id));
  return { lines, record, traceId };
}

function logLinesSince(log: () => string, from: number): string[] {
  const text = log().slice(from);
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
