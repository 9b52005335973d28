import type { Exemplar } from "../../model/platform.ts";
import type { TraceSource } from "../../model/sources.ts";

const MAX_EXEMPLARS = 50;
const MATCHER = /(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"/g;

/**
 * Measured requests that a chart of latencies leads to: a VictoriaMetrics keeps no exemplars, so
 * these are the slowest traces of the same service in the same time.
 *
 * @param expr PromQL, of whose matchers `service` counts
 */
export async function findSpanExemplars(
  traces: TraceSource,
  expr: string,
  from: number,
  to: number,
): Promise<Exemplar[]> {
  const matchers = new Map([...expr.matchAll(MATCHER)].map(([, label, value]) => [label!, value!]));
  const service = matchers.get("service");
  const range = { from: Math.floor(from * 1000), to: Math.ceil(to * 1000) };
  const found = await traces.search({ ...range, ...(service !== undefined && { service }) }, MAX_EXEMPLARS);
  return found.map(({ traceId, startNs, durationNs, service: root, name }) => ({
    time: Number(BigInt(startNs) / 1_000_000n) / 1000,
    value: durationNs / 1e9,
    traceId,
    labels: { service: root, name },
  }));
}
