import { LEVELS, type LogFilter, type LogLine, type LogPage } from "../../model/log-line.ts";
import { PageError } from "../../model/page-error.ts";
import type { LogSource } from "../../model/sources.ts";

/** Lines of an opened file. */
export class ImportedLogs implements LogSource {
  private readonly lines: readonly LogLine[];

  constructor(lines: readonly LogLine[]) {
    this.lines = [...lines].sort((a, b) => (BigInt(a.timeNs) < BigInt(b.timeNs) ? 1 : -1));
  }

  /** @param before the number of lines that are left out */
  async query(filter: LogFilter, limit: number, before = "0"): Promise<LogPage> {
    if (!/^\d{1,9}$/.test(before)) throw new PageError(400, "before is none of this API's values");
    const start = Number(before);
    const matching = this.lines.filter((line) => matchesLine(line, filter));
    const end = start + limit;
    return { lines: matching.slice(start, end), ...(end < matching.length && { next: String(end) }) };
  }

  /** A file gets no new lines. */
  async *follow(): AsyncGenerator<LogLine[]> {}
}

function matchesLine(line: LogLine, filter: LogFilter): boolean {
  const { services, level, text, tenant, traceId, spanId, from, to } = filter;
  const ms = Number(BigInt(line.timeNs) / 1_000_000n);
  return (
    (services === undefined || services.includes(line.service)) &&
    (level === undefined || LEVELS.indexOf(line.level) >= LEVELS.indexOf(level)) &&
    (text === undefined || line.message.toLowerCase().includes(text.toLowerCase()) || line.correlationId === text) &&
    (tenant === undefined || line.tenant === tenant || line.account === tenant) &&
    (traceId === undefined || line.traceId === traceId) &&
    (spanId === undefined || line.spanId === spanId) &&
    (from === undefined || ms >= from) &&
    (to === undefined || ms <= to)
  );
}
