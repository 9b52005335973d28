import type { Alert } from "./alert.ts";
import type { Dashboard } from "./dashboard.ts";
import type { LogFilter, LogLine, LogPage } from "./log-line.ts";
import type {
  CompatibilityResult,
  Exemplar,
  PlatformSummary,
  SchemaSubject,
  Series,
  TenantSummary,
} from "./platform.ts";
import type { Resource } from "./resource.ts";
import type { Span, TraceFilter, TraceSummary } from "./span.ts";
import type { TopicPartition, TopicRecord, TopicSummary } from "./topic.ts";

// What the page reads. The local stack and a cluster implement these; the page cannot tell which.
// Each promise rejects with a UserError whose sentence the page shows.

export interface LogSource {
  /** @param before from the last page. @param limit at most 5000 */
  query(filter: LogFilter, limit: number, before?: string): Promise<LogPage>;
  /** New lines in the order of their arrival, until `signal` aborts. */
  follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogLine[]>;
}

export interface TraceSource {
  search(filter: TraceFilter, limit: number): Promise<TraceSummary[]>;
  /** Spans of a trace by their start; empty when it is unknown. */
  get(traceId: string): Promise<Span[]>;
  /** Services that have spans or lines of the last day. */
  services(): Promise<string[]>;
}

export interface MetricSource {
  /** @param from seconds since 1970, as is `to`. @param step seconds */
  range(expr: string, from: number, to: number, step: number): Promise<Series[]>;
  exemplars(expr: string, from: number, to: number): Promise<Exemplar[]>;
  labelValues(label: string, metric: string): Promise<string[]>;
}

export interface AlertSource {
  /** Pending and firing alerts, and those resolved within a day. */
  list(): Promise<Alert[]>;
}

export interface ResourceSource {
  list(): Promise<Resource[]>;
  /** Absent where the page is read-only. */
  act?(name: string, action: "start" | "stop" | "restart"): Promise<void>;
  /** The last bytes of its console, as text without secrets. */
  console(name: string, bytes: number): Promise<string>;
  /** The last bytes of its console, then what is added, until `signal` aborts. */
  followConsole(name: string, bytes: number, signal: AbortSignal): AsyncIterable<string>;
}

export interface TopicSource {
  list(): Promise<TopicSummary[]>;
  partitions(topic: string): Promise<TopicPartition[]>;
  /** The newest records, or those before `offset` of `partition`. */
  records(topic: string, limit: number, before?: { partition: number; offset: string }): Promise<TopicRecord[]>;
  /** Publishes a dead letter to the topic that it came from. Absent where the page is read-only. */
  replay?(topic: string, partition: number, offset: string): Promise<{ topic: string }>;
}

export interface SchemaSource {
  list(): Promise<SchemaSubject[]>;
  version(subject: string, version: number): Promise<string>;
  /** Whether the registry would take `schema` as the next version. Changes nothing. */
  tryOut(subject: string, schema: string): Promise<CompatibilityResult>;
}

export interface TenantSource {
  list(): Promise<TenantSummary[]>;
}

export interface PageSources {
  summary(): Promise<PlatformSummary>;
  dashboards: readonly Dashboard[];
  resources: ResourceSource;
  logs: LogSource;
  traces: TraceSource;
  metrics: MetricSource;
  alerts: AlertSource;
  topics: TopicSource;
  schemas: SchemaSource;
  tenants: TenantSource;
}
