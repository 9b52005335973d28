import type { LogLine } from "./log-line.ts";
import type { PlatformSummary } from "./platform.ts";
import type { Span, TraceSummary } from "./span.ts";
import type { TopicPartition, TopicSummary } from "./topic.ts";

/**
 * The HTTP API of the page, below its own origin. Query parameters are text; answers are JSON.
 *
 * | method and path | query or body | answer |
 * |---|---|---|
 * | GET /api/summary | | {@link PageSummary} |
 * | GET /api/resources | | Resource[] |
 * | GET /api/resources/stream | | events `resources`: Resource[], when they change |
 * | POST /api/resources/NAME/start, …/stop, …/restart | | {} once it is done |
 * | GET /api/resources/NAME/console | bytes | {@link ConsoleText} |
 * | GET /api/resources/NAME/console/stream | bytes | events `text`: string, as it is written |
 * | GET /api/logs | {@link LOG_PARAMETERS}, limit, before, data | LogPage |
 * | GET /api/logs/stream | {@link LOG_PARAMETERS} | events `lines`: LogLine[], oldest first |
 * | GET /api/traces | {@link TRACE_PARAMETERS}, limit, data | {@link TraceList} |
 * | GET /api/traces/ID | data | {@link Trace} |
 * | GET /api/dashboards | | Dashboard[] |
 * | GET /api/metrics/range | expr, from, to, step (seconds) | Series[] |
 * | GET /api/metrics/exemplars | expr, from, to (seconds) | Exemplar[] |
 * | GET /api/metrics/labels | label, metric | string[] |
 * | GET /api/alerts | | Alert[] |
 * | GET /api/topics | | TopicSummary[] |
 * | GET /api/topics/TOPIC | | {@link TopicDetails} |
 * | GET /api/topics/TOPIC/records | limit, partition and before (an offset) | TopicRecord[] |
 * | POST /api/topics/TOPIC/replay | body {@link ReplayRequest} | {@link ReplayAnswer} |
 * | GET /api/schemas | | SchemaSubject[] |
 * | GET /api/schemas/SUBJECT/VERSION | | {@link SchemaText} |
 * | POST /api/schemas/SUBJECT/compatibility | body {@link SchemaText} | CompatibilityResult |
 * | GET /api/runbooks/NAME | | {@link RunbookText} |
 * | GET /api/tenants | | TenantSummary[] |
 * | GET /api/export | {@link LOG_PARAMETERS} | the file to save: {@link ExportFile} |
 * | GET /api/imports | | {@link ImportedData}[] |
 * | POST /api/imports | name; body: an export's file | {@link ImportedData} |
 * | DELETE /api/imports/ID | | {} |
 *
 * POST and DELETE need the header `Authorization: Bearer TOKEN`, the compatibility try-out
 * excepted; all other requests need none. A failed request answers {@link ApiError}.
 *
 * A stream is `text/event-stream`. Besides its own events it sends `problem`: {@link ApiError} when
 * its source fails (it goes on and tries again) and a comment every 15 s.
 */
export interface ApiError {
  /** One sentence for the person who reads the page. */
  error: string;
}

/** `service` and `level` as in LogFilter; `service` may occur several times. Times are ms. */
export const LOG_PARAMETERS = ["service", "level", "text", "tenant", "trace", "span", "from", "to"] as const;

/** As in TraceFilter; `minDuration` is in milliseconds. */
export const TRACE_PARAMETERS = [
  "service",
  "name",
  "tenant",
  "status",
  "minDuration",
  "attribute",
  "from",
  "to",
] as const;

/** Most lines of a page of logs, and traces of a list. */
export const MAX_LINES = 5000;
export const MAX_TRACES = 500;

export interface PageSummary extends PlatformSummary {
  /** Whether the request carried the token, and so may change something. */
  mayChange: boolean;
  /** Services and processes whose lines or spans the store holds. */
  services: string[];
}

export interface ConsoleText {
  text: string;
}

export interface TraceList {
  traces: TraceSummary[];
}

export interface Trace {
  /** By their start. */
  spans: Span[];
  /** The lines that carry its id, oldest first. */
  lines: LogLine[];
}

export interface TopicDetails extends TopicSummary {
  offsets: TopicPartition[];
}

export interface SchemaText {
  /** JSON of an Avro schema. */
  schema: string;
}

export interface RunbookText {
  /** Markdown. */
  text: string;
}

export interface ReplayRequest {
  partition: number;
  offset: string;
}

export interface ReplayAnswer {
  /** Where the dead letter went. */
  topic: string;
}

/** An exported file that was opened; it is read with `data=ID` beside the live data. */
export interface ImportedData {
  id: string;
  /** Name of the file. */
  name: string;
  stack: string;
  /** Milliseconds since 1970 of the oldest and newest line or span. */
  from: number;
  to: number;
  lines: number;
  spans: number;
}

/** OTLP JSON of spans and log records, in one document. */
export interface ExportFile {
  format: "plinth-export";
  version: 1;
  stack: string;
  /** ISO 8601. */
  exportedAt: string;
  /** Whether more lines or spans were found than a file may hold; the newest are in it. */
  truncated: boolean;
  resourceSpans: unknown[];
  resourceLogs: unknown[];
}
