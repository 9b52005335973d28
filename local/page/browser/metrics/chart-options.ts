import type uPlot from "uplot";
import type { Unit } from "../../model/dashboard.ts";
import { formatDate, formatUnit } from "../parts/format.ts";

export interface ChartOptions {
  width: number;
  height: number;
  /** Colours of the series, as the browser computed them. */
  colours: readonly string[];
  axis: string;
  grid: string;
  limit: string;
  unit: Unit;
  threshold: number | undefined;
  hiddenSeries: ReadonlySet<number>;
  zoomed(from: number, to: number): void;
  hovered(index: number | undefined): void;
  drawn(chart: uPlot): void;
}

/** A threshold this many times above the data would flatten them, and is left out of the scale. */
const THRESHOLD_REACH = 3;

export function chartOptions(options: ChartOptions): uPlot.Options {
  const { width, height, colours, axis, grid, unit, threshold, hiddenSeries } = options;
  const axisStyle = { stroke: axis, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      sync: { key: "dashboard" },
      focus: { prox: 16 },
    },
    focus: { alpha: 0.35 },
    scales: { y: { range: (_, min, max) => rangeOf(min, max, threshold) } },
    series: [
      {},
      ...colours.map((stroke, index) => ({
        stroke,
        width: 1.5,
        show: !hiddenSeries.has(index),
        points: { show: false },
        spanGaps: false,
      })),
    ],
    axes: [
      {
        ...axisStyle,
        size: 28,
        font: "11px system-ui",
        space: 70,
        values: (_, splits) => splits.map(timeMarks(splits)),
      },
      {
        ...axisStyle,
        size: 64,
        font: "11px system-ui",
        values: (_, splits) => splits.map((value) => formatUnit(value, unit)),
      },
    ],
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 6) return;
          const from = chart.posToVal(chart.select.left, "x");
          const to = chart.posToVal(chart.select.left + chart.select.width, "x");
          options.zoomed(from, to);
        },
      ],
      setCursor: [(chart) => options.hovered(chart.cursor.idx ?? undefined)],
      draw: [
        (chart) => {
          if (threshold !== undefined) drawThreshold(chart, threshold, options.limit);
          options.drawn(chart);
        },
      ],
    },
  };
}

/** Days for a week, seconds for a minute. */
function timeMarks(splits: readonly number[]): (seconds: number) => string {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return (seconds) => {
    const text = formatDate(seconds * 1000);
    if (step >= 86_400) return text.slice(5, 10);
    return step >= 60 ? text.slice(11, 16) : text.slice(11);
  };
}

function rangeOf(min: number | null, max: number | null, threshold: number | undefined): [number, number] {
  const low = Math.min(0, min ?? 0);
  let high = max ?? 1;
  if (threshold !== undefined && threshold > high && threshold <= high * THRESHOLD_REACH) high = threshold;
  return [low, high === low ? low + 1 : high + (high - low) * 0.08];
}

function drawThreshold(chart: uPlot, threshold: number, colour: string): void {
  const y = chart.valToPos(threshold, "y", true);
  const { ctx, bbox } = chart;
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([6, 4]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
