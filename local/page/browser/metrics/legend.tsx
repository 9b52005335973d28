import type { Unit } from "../../model/dashboard.ts";
import { formatCount, formatUnit } from "../parts/format.ts";
import type { Aligned } from "./align.ts";
import { lastValue } from "./align.ts";
import type { PanelData } from "./use-panel.ts";

const COLOURS = 8;

interface LegendProps {
  data: PanelData;
  unit: Unit;
  aligned: Aligned;
  /** Index of the time under the pointer; the newest value is shown without one. */
  hovered: number | undefined;
  hiddenSeries: ReadonlySet<number>;
  toggle(index: number, alone: boolean): void;
}

export function Legend({ data, unit, aligned, hovered, hiddenSeries, toggle }: LegendProps) {
  return (
    <ul class="chart-legend">
      {data.series.map((series, index) => {
        const value = hovered === undefined ? lastValue(series) : aligned[index + 1]?.[hovered];
        return (
          <li key={`${index} ${series.name}`}>
            <button
              type="button"
              aria-pressed={!hiddenSeries.has(index)}
              title="Click hides it; Shift and click shows it alone"
              onClick={(event) => toggle(index, event.shiftKey)}
            >
              <i style={{ background: `var(--data-${index % COLOURS})` }} />
              <span>{series.name}</span>
              <b>{formatUnit(value, unit)}</b>
            </button>
          </li>
        );
      })}
      {data.omitted > 0 && <li class="muted">{formatCount(data.omitted, "more line")}: choose a service</li>}
    </ul>
  );
}
