import type { Panel } from "../../model/dashboard.ts";
import type { Series } from "../../model/platform.ts";
import { formatUnit } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { lastValue } from "./align.ts";
import { isBeyond } from "./beyond.ts";

const WIDTH = 120;
const HEIGHT = 28;

/** The newest value, large, over its course. Above the threshold it is marked. */
export function Stat({ series, panel }: { series: readonly Series[]; panel: Panel }) {
  const { unit } = panel;
  return (
    <div class="stats">
      {series.map((each, index) => {
        const value = lastValue(each);
        const isBad = isBeyond(panel, value);
        return (
          <div key={`${index} ${each.name}`} class={`stat ${isBad ? "bad" : ""}`}>
            <b>
              {isBad && <Icon name="warn" />}
              {formatUnit(value, unit)}
            </b>
            <span>{each.name}</span>
            <Course values={each.values} />
          </div>
        );
      })}
    </div>
  );
}

function Course({ values }: { values: readonly (number | null)[] }) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length < 2) return null;
  const high = Math.max(...known);
  const low = Math.min(0, ...known);
  const points = known.map((value, index) => {
    const x = (index / (known.length - 1)) * WIDTH;
    const y = HEIGHT - 1 - ((value - low) / (high - low || 1)) * (HEIGHT - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="course" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
