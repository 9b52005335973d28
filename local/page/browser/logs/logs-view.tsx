import { useEffect, useMemo, useState } from "preact/hooks";
import { logQuery } from "../app/api.ts";
import { address, changeQuery } from "../app/location.ts";
import { importedData } from "../app/platform.ts";
import { search } from "../app/request.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { formatCount } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { VirtualList } from "../parts/virtual-list.tsx";
import { LineDetail } from "./line-detail.tsx";
import { identityOf } from "./log-buffer.ts";
import { LogFilters } from "./log-filters.tsx";
import { type LogQuery, readLogQuery } from "./log-query.ts";
import { LogRow } from "./log-row.tsx";
import { useLogs } from "./use-logs.ts";

const ROW_HEIGHT = 26;
const NARROW_ROW_HEIGHT = 46;
/** Rows before the end at which older lines are asked for. */
const AHEAD = 1_500;

export function LogsView() {
  const { query: parameters } = address.value;
  const data = importedData();
  const asked = readLogQuery(parameters, Date.now());
  // The ends of "the last hour" stay while the filter does: its lines are kept.
  const query = useMemo(() => asked, [asked.key]);
  const paused = parameters.get("paused") !== null;
  const canFollow = query.range.last !== undefined && data === undefined;
  const logs = useLogs(query, data, canFollow && !paused);
  const { buffer } = logs;
  const chosen = parameters.get("line") ?? undefined;
  const selected = chosen === undefined ? -1 : buffer.indexOf(chosen);
  const line = selected < 0 ? undefined : buffer.at(selected);
  const select = (index: number): void => {
    const next = buffer.at(index);
    changeQuery({ line: next && identityOf(next) }, chosen === undefined ? "push" : "replace");
  };
  const togglePause = (): void => changeQuery({ paused: paused ? undefined : "1" }, "replace");
  useListKeys({
    move: (step) => select(Math.max(0, Math.min(buffer.size - 1, selected < 0 ? 0 : selected + step))),
    close: () => changeQuery({ line: undefined }),
    other: { p: canFollow ? togglePause : undefined },
  });
  const rowHeight = useNarrow() ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const { seen, scrolled, toTop } = useUnseen(logs.added);
  return (
    <section class="view">
      <LogFilters query={query} />
      <div class="toolbar">
        <span class="count-text" role="status">
          {formatCount(buffer.size, "line")}
          {logs.hasOlder && ", older ones when you scroll"}
          {buffer.isFull && " · the oldest are left out: narrow the filter"}
        </span>
        {canFollow && <LiveButton paused={paused} toggle={togglePause} />}
        {data === undefined && (
          <a
            class="button"
            href={exportAddress(query)}
            download
            title="OTLP JSON of these lines and their time's spans"
          >
            <Icon name="download" />
            Export
          </a>
        )}
      </div>
      {logs.error !== undefined && <Failed error={logs.error} />}
      <div class="split">
        <div class="split-main">
          {seen > 0 && (
            <button type="button" class="unseen" onClick={toTop}>
              <Icon name="up" />
              {formatCount(seen, "new line")}
            </button>
          )}
          {logs.loading && logs.error === undefined ? (
            <Loading what="lines" />
          ) : buffer.size === 0 ? (
            <NoLines query={query} />
          ) : (
            <VirtualList
              label="Log lines, newest first"
              class="logs"
              count={buffer.size}
              rowHeight={rowHeight}
              selected={selected}
              added={logs.added}
              rowKey={(index) => buffer.keyAt(index)}
              row={(index) => <LogRow line={buffer.at(index)!} open={() => select(index)} />}
              onScroll={(first, last) => {
                scrolled(first);
                if (last > buffer.size - AHEAD && logs.hasOlder) logs.loadOlder();
              }}
            />
          )}
        </div>
        {line !== undefined && <LineDetail line={line} close={() => changeQuery({ line: undefined })} />}
      </div>
    </section>
  );
}

function LiveButton({ paused, toggle }: { paused: boolean; toggle(): void }) {
  return (
    <button type="button" aria-pressed={!paused} class={paused ? "" : "live"} onClick={toggle} title="Press p">
      <Icon name={paused ? "play" : "pause"} />
      {paused ? "Resume" : "Live: pause"}
    </button>
  );
}

function NoLines({ query }: { query: LogQuery }) {
  const filtered = Object.keys(query.filter).length > 0;
  return (
    <Empty title="No line in this time range.">
      {filtered
        ? "Widen the time range, or remove a filter."
        : "Lines appear as soon as a process writes one. Start the stack with make up."}
    </Empty>
  );
}

/** Lines that arrived above while the list is scrolled down. */
function useUnseen(added: number) {
  const [first, setFirst] = useState(0);
  const [addedAtTop, setAddedAtTop] = useState(added);
  useEffect(() => {
    if (first === 0) setAddedAtTop(added);
  }, [first, added]);
  const toTop = (): void => {
    document.querySelector(".list.logs")?.scrollTo({ top: 0 });
  };
  return { seen: first === 0 ? 0 : added - addedAtTop, scrolled: setFirst, toTop };
}

function exportAddress({ filter, range }: LogQuery): string {
  const to = range.last === undefined ? { to: Math.ceil(range.to) } : {};
  return `/api/export${search(logQuery({ ...filter, from: Math.floor(range.from), ...to }))}`;
}
