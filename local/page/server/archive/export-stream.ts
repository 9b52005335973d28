import type { ExportFile } from "../../model/api.ts";
import { MAX_LINES, MAX_TRACES } from "../../model/api.ts";
import type { LogFilter } from "../../model/log-line.ts";
import type { PageSources } from "../../model/sources.ts";
import type { Span } from "../../model/span.ts";
import { toResourceLogs, toResourceSpans } from "./otlp-export.ts";

/** What an import takes; an export ends before it. */
export const MAX_FILE_BYTES = 32 << 20;
const MAX_SPAN_BYTES = MAX_FILE_BYTES / 2;
const PAGE_LINES = Math.min(2000, MAX_LINES);
const CONCURRENCY = 8;

/**
 * The text of an {@link ExportFile} in parts, so that it is never in memory as a whole. Spans come
 * first, and have half of it at most.
 */
export async function* exportParts(
  stack: string,
  { logs, traces }: Pick<PageSources, "logs" | "traces">,
  filter: LogFilter,
): AsyncGenerator<string> {
  const { format, version }: Pick<ExportFile, "format" | "version"> = { format: "plinth-export", version: 1 };
  const head = JSON.stringify({ format, version, stack, exportedAt: new Date().toISOString() });
  let bytes = 0;
  let truncated = false;
  let separator = "";
  const part = (text: string) => {
    bytes += Buffer.byteLength(text);
    const whole = `${separator}${text}`;
    separator = ",\n";
    return whole;
  };
  const batches = traceBatches(traces, filter);
  // A source that is away rejects here, before anything was sent.
  let batch = await batches.next();
  yield `${head.slice(0, -1)},"resourceSpans":[\n`;
  for (; !batch.done; batch = await batches.next()) {
    truncated ||= batch.value.truncated;
    for (const group of toResourceSpans(batch.value.spans)) yield part(JSON.stringify(group));
    if (bytes < MAX_SPAN_BYTES) continue;
    truncated = true;
    break;
  }
  yield '\n],"resourceLogs":[\n';
  separator = "";
  for (let before: string | undefined, more = true; more; more = before !== undefined) {
    const page = await logs.query(filter, PAGE_LINES, before);
    for (const group of toResourceLogs(page.lines)) yield part(JSON.stringify(group));
    before = page.next;
    if (before === undefined || bytes < MAX_FILE_BYTES - (4 << 20)) continue;
    truncated = true;
    break;
  }
  yield `\n],"truncated":${truncated}}\n`;
}

/** The spans of the newest traces, some traces at a time. */
async function* traceBatches(
  traces: PageSources["traces"],
  { services = [], tenant, traceId, from, to }: LogFilter,
): AsyncGenerator<{ spans: Span[]; truncated: boolean }> {
  if (traceId !== undefined) return yield { spans: await traces.get(traceId), truncated: false };
  const filter = {
    ...(tenant !== undefined && { tenant }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  const wanted = services.length === 0 ? [undefined] : services;
  const lists = await Promise.all(
    wanted.map((service) => traces.search({ ...filter, ...(service !== undefined && { service }) }, MAX_TRACES)),
  );
  const truncated = lists.some(({ length }) => length === MAX_TRACES);
  const ids = [...new Set(lists.flat().map(({ traceId: id }) => id))];
  for (let at = 0; at < ids.length; at += CONCURRENCY) {
    const found = await Promise.all(ids.slice(at, at + CONCURRENCY).map((id) => traces.get(id)));
    yield { spans: found.flat(), truncated };
  }
}
