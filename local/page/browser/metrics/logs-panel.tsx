import type { LogSelection } from "../../model/dashboard.ts";
import type { LogFilter } from "../../model/log-line.ts";
import { api } from "../app/api.ts";
import { href } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { LevelBadge } from "../logs/level-badge.tsx";
import { identityOf } from "../logs/log-buffer.ts";
import { colourOf } from "../parts/colour.ts";
import { formatTime, msOf } from "../parts/format.ts";
import { Failed } from "../parts/notice.tsx";
import type { Chosen } from "./expression.ts";
import type { Window } from "./use-panel.ts";

const MAX_LINES = 50;

interface LogsPanelProps {
  selection: LogSelection | undefined;
  chosen: Chosen;
  window: Window;
}

/** The newest lines of a selection; the whole list is one click away. */
export function LogsPanel({ selection, chosen, window }: LogsPanelProps) {
  const filter = filterOf(selection, chosen);
  const { data, error } = useAnswer(
    `panel-logs ${JSON.stringify(filter)} ${window.key}`,
    (signal) => {
      const { from, to } = window.ends();
      return api.logs({ ...filter, from: from * 1000, to: to * 1000 }, MAX_LINES, undefined, undefined, signal);
    },
    window.everyMs,
  );
  const { from, to } = window.ends();
  const { services: service, level, text, tenant } = filter;
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      {data?.lines.length === 0 && <p class="no-data">No line in this time range</p>}
      <ul class="span-lines panel-list">
        {data?.lines.map((line) => (
          <li key={identityOf(line)}>
            <time>{formatTime(msOf(line.timeNs))}</time> <LevelBadge level={line.level} />{" "}
            <span class="service" style={{ "--hue": colourOf(line.service) }}>
              {line.service}
            </span>{" "}
            <span class="message">{line.message}</span>{" "}
            {line.traceId !== undefined && <a href={href(["traces", line.traceId], { span: line.spanId })}>trace</a>}
          </li>
        ))}
      </ul>
      <a href={href(["logs"], { service, level, text, tenant, from: from * 1000, to: to * 1000 })}>All lines</a>
    </>
  );
}

function filterOf(selection: LogSelection | undefined, chosen: Chosen): LogFilter {
  const filter: LogFilter = {};
  const service = fill(selection?.labels.service, chosen);
  if (service) filter.services = [service];
  if (selection?.level !== undefined) filter.level = selection.level;
  if (selection?.text !== undefined) filter.text = selection.text;
  if (selection?.ofTenant && chosen.tenant) filter.tenant = Number(chosen.tenant);
  return filter;
}

function fill(value: string | undefined, chosen: Chosen): string | undefined {
  return value === "$service" ? chosen.service : value;
}
