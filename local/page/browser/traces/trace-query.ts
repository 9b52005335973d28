import type { TraceFilter } from "../../model/span.ts";
import { readRange, type TimeRange } from "../parts/time-range.ts";

export interface TraceQuery {
  filter: TraceFilter;
  range: TimeRange;
  key: string;
}

/** What the address of the list of traces says. */
export function readTraceQuery(query: URLSearchParams, now: number): TraceQuery {
  const range = readRange(query, now, "1h");
  const filter: TraceFilter = {};
  for (const name of ["service", "name", "attribute"] as const) {
    const value = query.get(name);
    if (value) filter[name] = value;
  }
  const tenant = Number(query.get("tenant") || Number.NaN);
  if (Number.isInteger(tenant) && tenant >= 0) filter.tenant = tenant;
  const minDurationMs = Number(query.get("min") || Number.NaN);
  if (minDurationMs > 0) filter.minDurationMs = minDurationMs;
  if (query.get("status") === "error") filter.status = "error";
  const time = range.last ?? `${range.from} ${range.to}`;
  return { filter, range, key: JSON.stringify(["traces", filter, time, query.get("data")]) };
}
