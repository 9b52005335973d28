import type uPlot from "uplot";
import type { Exemplar } from "../../model/platform.ts";
import { href } from "../app/location.ts";

export interface Dot {
  left: number;
  top: number;
  exemplar: Exemplar;
}

/** More would hide the line. The slowest are the ones to look at. */
const MAX_DOTS = 40;
const NO_DOTS: readonly Dot[] = [];

export function placeDots(chart: uPlot, exemplars: readonly Exemplar[]): readonly Dot[] {
  if (exemplars.length === 0) return NO_DOTS;
  const { left, top, width, height } = chart.over.getBoundingClientRect();
  const box = chart.root.getBoundingClientRect();
  return [...exemplars]
    .sort((a, b) => b.value - a.value)
    .slice(0, MAX_DOTS)
    .map((exemplar) => ({
      left: chart.valToPos(exemplar.time, "x"),
      top: Math.max(0, Math.min(height, chart.valToPos(exemplar.value, "y"))),
      exemplar,
    }))
    .filter((dot) => dot.left >= 0 && dot.left <= width && Number.isFinite(dot.top))
    .map((dot) => ({ ...dot, left: dot.left + left - box.left, top: dot.top + top - box.top }));
}

/** Measured requests: each leads to its trace. */
export function ExemplarDots({ dots }: { dots: readonly Dot[] }) {
  return (
    <>
      {dots.map(({ left, top, exemplar }) => (
        <a
          key={`${exemplar.traceId} ${exemplar.time} ${exemplar.value}`}
          class="exemplar"
          href={href(["traces", exemplar.traceId])}
          style={{ left: `${left}px`, top: `${top}px` }}
          title={`Open the trace of this request (${exemplar.traceId.slice(0, 8)}…)`}
        >
          <span class="unseen-text">Trace {exemplar.traceId}</span>
        </a>
      ))}
    </>
  );
}
