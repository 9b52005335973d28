import type { Panel } from "../../model/dashboard.ts";
import type { Series } from "../../model/platform.ts";
import { formatUnit } from "../parts/format.ts";
import { lastValue } from "./align.ts";
import { isBeyond } from "./beyond.ts";

/** The newest values, the largest first. */
export function Bars({ series, panel }: { series: readonly Series[]; panel: Panel }) {
  const { unit } = panel;
  const rows = series
    .map((each) => ({ name: each.name, value: lastValue(each) }))
    .sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
  const largest = unit === "ratio" ? 1 : Math.max(...rows.map(({ value }) => Math.abs(value ?? 0)), 1e-9);
  return (
    <ul class="bar-list">
      {rows.map(({ name, value }, index) => (
        <li key={`${index} ${name}`} class={isBeyond(panel, value) ? "bad" : ""}>
          <span title={name}>{name}</span>
          <span class="meter">
            <i style={{ width: `${Math.min(100, (Math.abs(value ?? 0) / largest) * 100)}%` }} />
          </span>
          <b>{formatUnit(value, unit)}</b>
        </li>
      ))}
    </ul>
  );
}
