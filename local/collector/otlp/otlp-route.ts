import type { IncomingMessage, ServerResponse } from "node:http";
import type { Counts } from "../counts.ts";
import { type BodyBudget, readBody } from "../http/body.ts";
import { HttpError } from "../http/http-error.ts";
import { requestText } from "../http/request.ts";
import { requestPath } from "../http/request-path.ts";
import type { Handler } from "../http/server.ts";
import { toSpanDocument } from "../span-document.ts";
import { EntryBuilder } from "../spool/entry-builder.ts";
import { type SpoolEntry, SpoolFull } from "../spool/spool.ts";
import { INFRASTRUCTURE_ACCOUNT } from "../store/account.ts";
import { parseLogs, parseSpans } from "./decode-json.ts";
import { decodeLogs, decodeSpans } from "./decode-protobuf.ts";
import { toLogRecordDocument } from "./log-record-document.ts";
import { isProtobuf, JSON_TYPE, PROTOBUF, writeSuccess } from "./otlp-answer.ts";
import type { ResourceItems } from "./otlp-value.ts";
import type { SpanForwarder } from "./span-forwarder.ts";
import { toSpan, toSpanResource } from "./to-span.ts";

export interface OtlpSettings {
  retentionMs: number;
  /** Keeps documents on disk. @throws SpoolFull */
  add(entries: readonly SpoolEntry[]): void;
  counts: Counts;
  budget: BodyBudget;
  /** VictoriaMetrics. */
  metrics: string;
  jaeger?: SpanForwarder | undefined;
}

/** Packed or not. */
const MAX_BODY_BYTES = 8 << 20;
/** The store takes two days. */
const MAX_AHEAD_MS = 86_400_000;
const NS_PER_MS = 1_000_000n;

/** OTLP over HTTP: `/v1/traces`, `/v1/logs` and `/v1/metrics`. */
export function createOtlpRoute(settings: OtlpSettings): Handler {
  const handlers: Record<string, typeof receiveSpans> = {
    "/v1/traces": receiveSpans,
    "/v1/logs": receiveLogs,
    "/v1/metrics": forwardMetrics,
  };
  return async (request, response) => {
    const path = requestPath(request);
    const handle = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
    if (handle === undefined) throw new HttpError(404, `Only ${Object.keys(handlers).join(", ")} are served here`);
    if (request.method !== "POST") throw new HttpError(405, "Send telemetry with POST");
    await handle(request, response, settings);
  };
}

async function receiveSpans(request: IncomingMessage, response: ServerResponse, settings: OtlpSettings): Promise<void> {
  const { counts, jaeger } = settings;
  const isBinary = isProtobuf(request);
  const body = await readBody(request, MAX_BODY_BYTES, settings.budget);
  const resources = decode(body, isBinary, decodeSpans, parseSpans);
  const times = timeBounds(settings.retentionMs);
  const entries = new EntryBuilder(INFRASTRUCTURE_ACCOUNT, "span");
  const rejected = new Map<string, number>();
  for (const { resource, items } of resources) {
    const described = toSpanResource(resource);
    for (const item of items) {
      const span = toSpan(item, described, times);
      if (typeof span === "string") rejected.set(span, (rejected.get(span) ?? 0) + 1);
      else entries.add(JSON.stringify(toSpanDocument(span)));
    }
  }
  keep(entries, settings);
  counts.add("plinth_collector_spans_total", { result: "taken" }, entries.count);
  if (entries.count > 0) jaeger?.add(body, isBinary ? PROTOBUF : JSON_TYPE, entries.count);
  answerPartly(request, response, "rejectedSpans", rejected, counts);
}

async function receiveLogs(request: IncomingMessage, response: ServerResponse, settings: OtlpSettings): Promise<void> {
  const { counts } = settings;
  const isBinary = isProtobuf(request);
  const body = await readBody(request, MAX_BODY_BYTES, settings.budget);
  const resources = decode(body, isBinary, decodeLogs, parseLogs);
  const { oldest, newest } = timeBounds(settings.retentionMs);
  const entries = new EntryBuilder(INFRASTRUCTURE_ACCOUNT, "line");
  const rejected = new Map<string, number>();
  for (const { resource, items } of resources) {
    for (const record of items) {
      const timeNs = record.timeNs || record.observedNs || BigInt(Date.now()) * NS_PER_MS;
      const reason = timeNs < oldest ? "too old" : timeNs > newest ? "too far ahead" : undefined;
      if (reason !== undefined) rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
      else entries.add(toLogRecordDocument(record, resource, timeNs));
    }
  }
  keep(entries, settings);
  counts.add("plinth_collector_lines_total", { origin: "otlp" }, entries.count);
  answerPartly(request, response, "rejectedLogRecords", rejected, counts);
}

/** Metrics are not buffered: their sender sends them again, or newer ones. */
async function forwardMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  settings: OtlpSettings,
): Promise<void> {
  if (!isProtobuf(request)) throw new HttpError(415, `The metric store takes ${PROTOBUF} only`);
  const body = await readBody(request, MAX_BODY_BYTES, settings.budget);
  const url = `${settings.metrics.replace(/\/$/, "")}/opentelemetry/v1/metrics`;
  const answer = await requestText(url, { method: "POST", body, headers: { "content-type": PROTOBUF } }).catch(() => {
    throw new HttpError(503, "The metric store does not answer: try again");
  });
  if (answer.status >= 500) throw new HttpError(503, "The metric store takes nothing now: try again");
  if (answer.status >= 400)
    throw new HttpError(400, "The metric store refuses the body: send ExportMetricsServiceRequest");
  response.writeHead(200, { "content-type": PROTOBUF }).end();
}

function decode<T>(
  body: Buffer,
  isBinary: boolean,
  decodeBinary: (body: Buffer) => ResourceItems<T>[],
  parseText: (body: string) => ResourceItems<T>[],
): ResourceItems<T>[] {
  try {
    return isBinary ? decodeBinary(body) : parseText(body.toString("utf8"));
  } catch (error) {
    // protobufjs throws RangeError and Error, JSON SyntaxError.
    throw new HttpError(400, `The body is not an OTLP request: ${(error as Error).message.slice(0, 100)}`);
  }
}

function timeBounds(retentionMs: number): { oldest: bigint; newest: bigint } {
  const now = Date.now();
  return { oldest: BigInt(now - retentionMs) * NS_PER_MS, newest: BigInt(now + MAX_AHEAD_MS) * NS_PER_MS };
}

function keep(entries: EntryBuilder, { add, counts }: OtlpSettings): void {
  try {
    const built = entries.build();
    if (built.length > 0) add(built);
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error;
    counts.add("plinth_collector_refused_total", { reason: "buffer full" }, entries.count);
    throw new HttpError(503, error.message);
  }
}

function answerPartly(
  request: IncomingMessage,
  response: ServerResponse,
  name: "rejectedSpans" | "rejectedLogRecords",
  rejected: ReadonlyMap<string, number>,
  counts: Counts,
): void {
  let sum = 0;
  for (const [reason, count] of rejected) {
    counts.add("plinth_collector_dropped_total", { reason }, count);
    sum += count;
  }
  writeSuccess(request, response, name, sum, [...rejected].map(([reason, count]) => `${reason}: ${count}`).join(", "));
}
