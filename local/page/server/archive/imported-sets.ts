import { randomBytes } from "node:crypto";
import type { ImportedData } from "../../model/api.ts";
import { PageError } from "../../model/page-error.ts";
import type { PageSources } from "../../model/sources.ts";
import { ImportedLogs } from "./imported-logs.ts";
import { ImportedTraces } from "./imported-traces.ts";
import { readArchive } from "./otlp-import.ts";

type ImportedSources = Pick<PageSources, "logs" | "traces">;

/** They are kept in memory, so the oldest of more gives way. */
const MAX_SETS = 3;
const MAX_NAME = 100;

/** Opened files, beside the live data. A restart of the page forgets them. */
export class ImportedSets {
  private readonly sets = new Map<string, { data: ImportedData; sources: ImportedSources }>();

  /** @throws {@link PageError} 400 for a file that is not an export */
  open(name: string, content: string): ImportedData {
    const { stack, lines, spans } = readArchive(content);
    const times = [...lines.map(({ timeNs }) => timeNs), ...spans.map(({ startNs }) => startNs)].map((ns) =>
      Number(BigInt(ns) / 1_000_000n),
    );
    if (times.length === 0) throw new PageError(400, "This file holds neither a line nor a span");
    const data: ImportedData = {
      id: randomBytes(6).toString("hex"),
      name: name.slice(0, MAX_NAME),
      stack,
      from: times.reduce((a, b) => Math.min(a, b)),
      to: times.reduce((a, b) => Math.max(a, b)),
      lines: lines.length,
      spans: spans.length,
    };
    const oldest = this.sets.keys().next().value;
    if (this.sets.size >= MAX_SETS && oldest !== undefined) this.sets.delete(oldest);
    this.sets.set(data.id, { data, sources: { logs: new ImportedLogs(lines), traces: new ImportedTraces(spans) } });
    return data;
  }

  list(): ImportedData[] {
    return [...this.sets.values()].map(({ data }) => data);
  }

  get(id: string): ImportedSources {
    const found = this.sets.get(id);
    if (found === undefined) throw new PageError(404, "This imported file is no longer open: import it again");
    return found.sources;
  }

  close(id: string): void {
    this.sets.delete(id);
  }
}
