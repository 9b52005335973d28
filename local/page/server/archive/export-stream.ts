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
const PIECE_ITEMS = 20;
/** What is around the groups. */
const FRAME_BYTES = 4096;

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
  /** The text of a group with its separator; undefined if the file would be longer than `limit`. */
  const part = (group: unknown, limit: number) => {
    const text = `${separator}${JSON.stringify(group)}`;
    const size = Buffer.byteLength(text);
    truncated ||= bytes + size > limit;
    if (bytes + size > limit) return undefined;
    bytes += size;
    separator = ",\n";
    return text;
  };
  const spans = spanGroups(traces, filter);
  // A source that is away rejects here, before anything was sent.
  let next = await spans.next();
  yield `${head.slice(0, -1)},"resourceSpans":[\n`;
  for (; !next.done; next = await spans.next()) {
    truncated ||= next.value.truncated;
    const text = part(next.value.group, MAX_SPAN_BYTES);
    if (text === undefined) break;
    yield text;
  }
  yield '\n],"resourceLogs":[\n';
  separator = "";
  for await (const group of lineGroups(logs, filter)) {
    const text = part(group, MAX_FILE_BYTES - FRAME_BYTES);
    if (text === undefined) break;
    yield text;
  }
  yield `\n],"truncated":${truncated}}\n`;
}

async function* lineGroups(logs: PageSources["logs"], filter: LogFilter): AsyncGenerator<unknown> {
  let before: string | undefined;
  do {
    const page = await logs.query(filter, PAGE_LINES, before);
    for (const lines of pieces(page.lines)) yield* toResourceLogs(lines);
    before = page.next;
  } while (before !== undefined);
}

async function* spanGroups(
  traces: PageSources["traces"],
  filter: LogFilter,
): AsyncGenerator<{ group: unknown; truncated: boolean }> {
  for await (const { spans, truncated } of traceBatches(traces, filter))
    for (const some of pieces(spans)) for (const group of toResourceSpans(some)) yield { group, truncated };
}

/** Few at a time: a line may have 128 KiB, and a page of lines would be longer than a file. */
function* pieces<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += PIECE_ITEMS) yield items.slice(at, at + PIECE_ITEMS);
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
