import type { TraceSelection } from "../../model/dashboard.ts";
import type { TraceFilter } from "../../model/span.ts";
import { api } from "../app/api.ts";
import { href } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { Badge } from "../parts/badge.tsx";
import { colourOf } from "../parts/colour.ts";
import { formatCount, formatDate, formatDuration, msOf } from "../parts/format.ts";
import { Failed } from "../parts/notice.tsx";
import type { Chosen } from "./expression.ts";
import type { Window } from "./use-panel.ts";

const MAX_TRACES = 20;

interface TracesPanelProps {
  selection: TraceSelection | undefined;
  chosen: Chosen;
  window: Window;
}

/** The newest traces of a selection. */
export function TracesPanel({ selection, chosen, window }: TracesPanelProps) {
  const filter = filterOf(selection, chosen);
  const { data, error } = useAnswer(
    `panel-traces ${JSON.stringify(filter)} ${window.key}`,
    (signal) => {
      const { from, to } = window.ends();
      return api.traces({ ...filter, from: from * 1000, to: to * 1000 }, MAX_TRACES, undefined, signal);
    },
    window.everyMs,
  );
  const { from, to } = window.ends();
  const { minDurationMs: min, ...query } = filter;
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      {data?.length === 0 && <p class="no-data">No trace in this time range</p>}
      <ul class="span-lines panel-list">
        {data?.map((trace) => (
          <li key={trace.traceId}>
            <time>{formatDate(msOf(trace.startNs)).slice(11)}</time>{" "}
            <span class="service" style={{ "--hue": colourOf(trace.service) }}>
              {trace.service}
            </span>{" "}
            <a href={href(["traces", trace.traceId])}>{trace.name}</a> {formatDuration(trace.durationNs)}{" "}
            {trace.errors > 0 && <Badge tone="bad" icon="error" text={formatCount(trace.errors, "error")} />}
          </li>
        ))}
      </ul>
      <a href={href(["traces"], { ...query, min, from: from * 1000, to: to * 1000 })}>All traces</a>
    </>
  );
}

function filterOf(selection: TraceSelection | undefined, chosen: Chosen): TraceFilter {
  const filter: TraceFilter = {};
  const service = selection?.service === "$service" ? chosen.service : selection?.service;
  if (service) filter.service = service;
  if (selection?.status !== undefined) filter.status = selection.status;
  if (selection?.minDurationMs !== undefined) filter.minDurationMs = selection.minDurationMs;
  if (selection?.ofTenant && chosen.tenant) filter.tenant = Number(chosen.tenant);
  return filter;
}
