import type { Alert } from "../../model/alert.ts";
import type {
  ConsoleText,
  ImportedData,
  PageSummary,
  ReplayAnswer,
  ReplayRequest,
  RunbookText,
  SchemaText,
  TopicDetails,
  Trace,
  TraceList,
} from "../../model/api.ts";
import type { Dashboard } from "../../model/dashboard.ts";
import type { LogFilter, LogPage } from "../../model/log-line.ts";
import type { CompatibilityResult, Exemplar, SchemaSubject, Series, TenantSummary } from "../../model/platform.ts";
import type { Resource } from "../../model/resource.ts";
import type { TraceFilter } from "../../model/span.ts";
import type { TopicRecord, TopicSummary } from "../../model/topic.ts";
import { getJson, type Query, send } from "./request.ts";

// The routes of model/api.ts. `data` is the id of an imported file, absent for the live data.

const part = encodeURIComponent;

export const api = {
  summary: (signal: AbortSignal) => getJson<PageSummary>("/api/summary", {}, signal),
  resources: (signal: AbortSignal) => getJson<Resource[]>("/api/resources", {}, signal),
  act: (name: string, action: "start" | "stop" | "restart") =>
    send("POST", `/api/resources/${part(name)}/${action}`, {}),
  console: (name: string, bytes: number, signal: AbortSignal) =>
    getJson<ConsoleText>(`/api/resources/${part(name)}/console`, { bytes }, signal),
  consoleStream: (name: string, bytes: number) => `/api/resources/${part(name)}/console/stream?bytes=${bytes}`,

  logs: (filter: LogFilter, limit: number, data?: string, before?: string, signal?: AbortSignal) =>
    getJson<LogPage>("/api/logs", { ...logQuery(filter), limit, before, data }, signal),
  traces: async (filter: TraceFilter, limit: number, data: string | undefined, signal: AbortSignal) => {
    const { minDurationMs, ...query } = filter;
    const list = await getJson<TraceList>("/api/traces", { ...query, minDuration: minDurationMs, limit, data }, signal);
    return list.traces;
  },
  trace: (id: string, data: string | undefined, signal: AbortSignal) =>
    getJson<Trace>(`/api/traces/${part(id)}`, { data }, signal),

  dashboards: (signal: AbortSignal) => getJson<Dashboard[]>("/api/dashboards", {}, signal),
  range: (expr: string, from: number, to: number, step: number, signal: AbortSignal) =>
    getJson<Series[]>("/api/metrics/range", { expr, from, to, step }, signal),
  exemplars: (expr: string, from: number, to: number, signal: AbortSignal) =>
    getJson<Exemplar[]>("/api/metrics/exemplars", { expr, from, to }, signal),
  labelValues: (label: string, metric: string, signal: AbortSignal) =>
    getJson<string[]>("/api/metrics/labels", { label, metric }, signal),

  alerts: (signal: AbortSignal) => getJson<Alert[]>("/api/alerts", {}, signal),

  runbook: (name: string, signal: AbortSignal) => getJson<RunbookText>(`/api/runbooks/${part(name)}`, {}, signal),

  topics: (signal: AbortSignal) => getJson<TopicSummary[]>("/api/topics", {}, signal),
  topic: (name: string, signal: AbortSignal) => getJson<TopicDetails>(`/api/topics/${part(name)}`, {}, signal),
  records: (name: string, limit: number, partition?: number, before?: string, signal?: AbortSignal) =>
    getJson<TopicRecord[]>(`/api/topics/${part(name)}/records`, { limit, partition, before }, signal),
  replay: (name: string, body: ReplayRequest) => send<ReplayAnswer>("POST", `/api/topics/${part(name)}/replay`, body),

  schemas: (signal: AbortSignal) => getJson<SchemaSubject[]>("/api/schemas", {}, signal),
  schema: (subject: string, version: number, signal: AbortSignal) =>
    getJson<SchemaText>(`/api/schemas/${part(subject)}/${version}`, {}, signal),
  tryOut: (subject: string, schema: string) =>
    send<CompatibilityResult>("POST", `/api/schemas/${part(subject)}/compatibility`, { schema } satisfies SchemaText),

  tenants: (signal: AbortSignal) => getJson<TenantSummary[]>("/api/tenants", {}, signal),

  imports: (signal: AbortSignal) => getJson<ImportedData[]>("/api/imports", {}, signal),
  import: (name: string, file: Blob) => send<ImportedData>("POST", `/api/imports?name=${part(name)}`, file),
  forget: (id: string) => send("DELETE", `/api/imports/${part(id)}`),
};

export function logQuery(filter: LogFilter): Query {
  const { services, level, text, tenant, traceId, spanId, from, to } = filter;
  return { service: services, level, text, tenant, trace: traceId, span: spanId, from, to };
}
