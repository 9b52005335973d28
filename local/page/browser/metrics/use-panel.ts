import type { Panel } from "../../model/dashboard.ts";
import type { Exemplar, Series } from "../../model/platform.ts";
import { api } from "../app/api.ts";
import { type Answer, useAnswer } from "../app/use-answer.ts";
import { stepOf } from "../parts/time-range.ts";
import { MAX_SERIES } from "./align.ts";
import { type Chosen, fillExpression, nameOf } from "./expression.ts";

/** What a dashboard shows: a window that moves with the time, or stands. */
export interface Window {
  /** Names the window: another one asks again. */
  key: string;
  /** Its ends in seconds, now. */
  ends(): { from: number; to: number };
  /** Milliseconds between refreshes; absent while paused. */
  everyMs: number | undefined;
}

export interface PanelData {
  series: Series[];
  /** Series that are left out because there are too many. */
  omitted: number;
  exemplars: Exemplar[];
  from: number;
  to: number;
}

const POINTS = 240;
/** For the newest value alone; a gap of four points is bridged. */
const LAST_POINTS = 5;

export function usePanel(panel: Panel, chosen: Chosen, window: Window, isVisible: boolean): Answer<PanelData> {
  const key = `panel ${JSON.stringify([panel.title, panel.queries, chosen])} ${window.key}`;
  return useAnswer(isVisible ? key : undefined, (signal) => load(panel, chosen, window, signal), window.everyMs);
}

async function load(panel: Panel, chosen: Chosen, window: Window, signal: AbortSignal): Promise<PanelData> {
  const { from, to } = window.ends();
  const step = stepOf(from * 1000, to * 1000, POINTS);
  const onlyLast = panel.kind === "bars" || panel.kind === "table";
  // Whole steps, so that a refresh moves the line and does not change its shape.
  const end = Math.floor(to / step) * step;
  const start = onlyLast ? end - LAST_POINTS * step : Math.floor(from / step) * step;
  const answers = await Promise.all(
    panel.queries.map(async ({ expr, legend, exemplars }) => {
      const filled = fillExpression(expr, chosen, step);
      const [series, found] = await Promise.all([
        api.range(filled, start, end, step, signal),
        // Without them the panel is still worth showing.
        exemplars ? api.exemplars(filled, start, end, signal).catch(() => []) : [],
      ]);
      return { series: series.map((each) => ({ ...each, name: nameOf(legend, each.labels) })), found };
    }),
  );
  const all = answers.flatMap(({ series }) => series);
  return {
    series: all.slice(0, MAX_SERIES),
    omitted: Math.max(0, all.length - MAX_SERIES),
    exemplars: answers.flatMap(({ found }) => found),
    from: start,
    to: end,
  };
}
