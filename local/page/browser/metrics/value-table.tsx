import type { Unit } from "../../model/dashboard.ts";
import type { Series } from "../../model/platform.ts";
import { formatUnit } from "../parts/format.ts";
import { lastValue } from "./align.ts";

/** A row a set of labels with its newest value, the largest first. */
export function ValueTable({ series, unit }: { series: readonly Series[]; unit: Unit }) {
  const labels = [...new Set(series.flatMap((each) => Object.keys(each.labels)))].filter((name) => name !== "__name__");
  const differing = labels.filter((label) => new Set(series.map((each) => each.labels[label])).size > 1);
  const columns = series.length === 1 ? labels : differing;
  const rows = [...series].sort((a, b) => (lastValue(b) ?? -1) - (lastValue(a) ?? -1));
  return (
    <div class="table-scroll">
      <table>
        <thead>
          <tr>
            {columns.length === 0 ? <th>series</th> : columns.map((label) => <th key={label}>{label}</th>)}
            <th class="number">value</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((each, index) => (
            <tr key={`${index} ${each.name}`}>
              {columns.length === 0 ? (
                <td>{each.name}</td>
              ) : (
                columns.map((label) => <td key={label}>{each.labels[label]}</td>)
              )}
              <td class="number">{formatUnit(lastValue(each), unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
