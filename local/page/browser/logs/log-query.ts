import { LEVELS, type Level, type LogFilter } from "../../model/log-line.ts";
import { readRange, type TimeRange } from "../parts/time-range.ts";

/** What the address of the view of logs says. */
export interface LogQuery {
  filter: LogFilter;
  range: TimeRange;
  /** Names the filter, whatever the time is: lines of one key belong together. */
  key: string;
}

export function readLogQuery(query: URLSearchParams, now: number): LogQuery {
  const range = readRange(query, now, "1h");
  const filter: LogFilter = {};
  const services = query.getAll("service").filter((service) => service !== "");
  if (services.length > 0) filter.services = services;
  const level = query.get("level") as Level | null;
  if (level !== null && LEVELS.includes(level)) filter.level = level;
  const tenant = Number(query.get("tenant") || Number.NaN);
  if (Number.isInteger(tenant) && tenant >= 0) filter.tenant = tenant;
  const texts = { text: query.get("text"), traceId: query.get("trace"), spanId: query.get("span") };
  for (const [name, value] of Object.entries(texts)) if (value) filter[name as keyof typeof texts] = value;
  const time = range.last ?? `${range.from} ${range.to}`;
  return { filter, range, key: JSON.stringify([filter, time, query.get("data")]) };
}
