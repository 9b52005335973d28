import { useState } from "preact/hooks";
import type { TraceSummary } from "../../model/span.ts";
import { api } from "../app/api.ts";
import { address, changeQuery, go, href } from "../app/location.ts";
import { importedData } from "../app/platform.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { Badge } from "../parts/badge.tsx";
import { colourOf } from "../parts/colour.ts";
import { formatCount, formatDate, formatDuration, msOf } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { VirtualList } from "../parts/virtual-list.tsx";
import { TraceFilters } from "./trace-filters.tsx";
import { readTraceQuery } from "./trace-query.ts";

const MAX_TRACES = 500;
const EVERY_MS = 5_000;
const ROW_HEIGHT = 44;
const NARROW_ROW_HEIGHT = 64;

export function TraceList() {
  const { query: parameters } = address.value;
  const data = importedData();
  const query = readTraceQuery(parameters, Date.now());
  const paused = parameters.get("paused") !== null;
  const isLive = query.range.last !== undefined && data === undefined;
  const { data: traces, error } = useAnswer(
    query.key,
    (signal) => {
      const { filter, range } = readTraceQuery(parameters, Date.now());
      return api.traces({ ...filter, from: Math.floor(range.from), to: Math.ceil(range.to) }, MAX_TRACES, data, signal);
    },
    isLive && !paused ? EVERY_MS : undefined,
  );
  const [selected, setSelected] = useState(-1);
  const open = (trace: TraceSummary | undefined): void => {
    if (trace !== undefined) go(href(["traces", trace.traceId], { data }));
  };
  const togglePause = (): void => changeQuery({ paused: paused ? undefined : "1" }, "replace");
  useListKeys({
    move: (step) => setSelected(Math.max(0, Math.min((traces?.length ?? 1) - 1, selected + step))),
    open: () => open(traces?.[selected]),
    close: () => setSelected(-1),
    other: { p: isLive ? togglePause : undefined },
  });
  const rowHeight = useNarrow() ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const longest = Math.max(1, ...(traces ?? []).map(({ durationNs }) => durationNs));
  return (
    <section class="view">
      <TraceFilters query={query} />
      <div class="toolbar">
        <span class="count-text" role="status">
          {traces !== undefined && formatCount(traces.length, "trace")}
          {traces?.length === MAX_TRACES && " · the newest; narrow the filter for others"}
        </span>
        {isLive && (
          <button type="button" aria-pressed={!paused} class={paused ? "" : "live"} onClick={togglePause}>
            <Icon name={paused ? "play" : "pause"} />
            {paused ? "Resume" : "Live: pause"}
          </button>
        )}
      </div>
      {error !== undefined && <Failed error={error} />}
      {traces === undefined ? (
        error === undefined && <Loading what="traces" />
      ) : traces.length === 0 ? (
        <Empty title="No trace in this time range.">
          Widen the time range or remove a filter. A request to a service makes one.
        </Empty>
      ) : (
        <VirtualList
          label="Traces, newest first"
          class="traces"
          count={traces.length}
          rowHeight={rowHeight}
          selected={selected}
          rowKey={(index) => traces[index]!.traceId}
          row={(index) => <TraceRow trace={traces[index]!} longest={longest} />}
        />
      )}
    </section>
  );
}

function TraceRow({ trace, longest }: { trace: TraceSummary; longest: number }) {
  const { services } = trace;
  return (
    <div role="gridcell" class="trace-row">
      <a class="trace-name" href={href(["traces", trace.traceId], { data: importedData() })}>
        <strong>{trace.name}</strong>
        <span class="service" style={{ "--hue": colourOf(trace.service) }}>
          {trace.service}
        </span>
      </a>
      <span class="trace-services" title={services.join(", ")}>
        {services.slice(0, 6).map((service) => (
          <i key={service} style={{ "--hue": colourOf(service) }} />
        ))}
        {formatCount(services.length, "service")} · {formatCount(trace.spans, "span")}
      </span>
      <span class="trace-status">
        {trace.errors > 0 && <Badge tone="bad" icon="error" text={formatCount(trace.errors, "error")} />}
        {trace.tenant !== undefined && <span class="tenant">{trace.tenant}</span>}
      </span>
      <span class="trace-duration">
        <span>{formatDuration(trace.durationNs)}</span>
        <span class="meter">
          <i style={{ width: `${Math.max(1, (trace.durationNs / longest) * 100)}%` }} />
        </span>
      </span>
      <time>{formatDate(msOf(trace.startNs))}</time>
    </div>
  );
}
