import { useMemo, useState } from "preact/hooks";
import type { Trace } from "../../model/api.ts";
import { api } from "../app/api.ts";
import { address, changeQuery, href } from "../app/location.ts";
import { importedData } from "../app/platform.ts";
import { search } from "../app/request.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { Badge } from "../parts/badge.tsx";
import { colourOf } from "../parts/colour.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { formatCount, formatDate, formatDuration, msOf } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { SpanDetail } from "./span-detail.tsx";
import { matchesText } from "./span-text.ts";
import { buildTree, rowsOf, type SpanTree } from "./span-tree.ts";
import { Waterfall } from "./waterfall.tsx";

/** Spans of a trace keep arriving for a while: a consumer may be slow. */
const EVERY_MS = 5_000;
const EXPORT_MARGIN_MS = 60_000;

export function TraceView({ id }: { id: string }) {
  const data = importedData();
  const { data: trace, error } = useAnswer(
    `trace ${id} ${data ?? ""}`,
    (signal) => api.trace(id, data, signal),
    data === undefined ? EVERY_MS : undefined,
  );
  const spans = trace?.spans;
  const tree = useMemo(() => buildTree(spans ?? []), [spans]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const find = address.value.query.get("find") ?? "";
  const rows = useMemo(
    () => rowsOf(tree, collapsed).filter(({ span }) => find === "" || (span !== undefined && matchesText(span, find))),
    [tree, collapsed, find],
  );
  const chosen = address.value.query.get("span");
  const selected = rows.findIndex((row) => row.id === chosen);
  const node = rows[selected];
  const select = (span: string | undefined): void => changeQuery({ span }, chosen === null ? "push" : "replace");
  const toggle = (spanId: string): void => {
    const next = new Set(collapsed);
    if (!next.delete(spanId)) next.add(spanId);
    setCollapsed(next);
  };
  useListKeys({
    move: (step) => select(rows[Math.max(0, Math.min(rows.length - 1, selected + step))]?.id),
    open: () => node && toggle(node.id),
    close: () => changeQuery({ span: undefined }),
  });
  if (trace === undefined) return error === undefined ? <Loading what="the trace" /> : <Failed error={error} />;
  return (
    <section class="view">
      <TraceHead id={id} trace={trace} tree={tree} />
      <search class="filters">
        <SearchField
          main
          class="grow"
          label="Find spans by name, service or attribute"
          value={find}
          changed={(text) => changeQuery({ find: text }, "replace")}
        />
        {find !== "" && <span class="count-text">{formatCount(rows.length, "span")}</span>}
      </search>
      {error !== undefined && <Failed error={error} />}
      {trace.spans.length === 0 ? (
        <Empty title="The store has no span of this trace.">
          It was not sampled, or it is older than the store keeps, or its spans have not arrived yet.
        </Empty>
      ) : (
        <div class="split">
          <div class="split-main">
            <Waterfall
              tree={tree}
              rows={rows}
              selected={selected}
              collapsed={collapsed}
              toggle={toggle}
              select={(index) => select(rows[index]?.id)}
            />
          </div>
          {node !== undefined && (
            <SpanDetail node={node} trace={trace} close={() => changeQuery({ span: undefined })} />
          )}
        </div>
      )}
    </section>
  );
}

function TraceHead({ id, trace, tree }: { id: string; trace: Trace; tree: SpanTree }) {
  const data = importedData();
  const services = [...new Set(trace.spans.map(({ service }) => service))];
  const errors = trace.spans.filter(({ status }) => status === "error").length;
  const [root] = tree.roots;
  const first = root?.span ?? trace.spans[0];
  const start = msOf(tree.startNs);
  const times = {
    from: Math.floor(start - EXPORT_MARGIN_MS),
    to: Math.ceil(start + tree.duration / 1e6 + EXPORT_MARGIN_MS),
  };
  return (
    <header class="trace-head">
      <div>
        <a href={href(["traces"], { data })} class="back">
          Traces
        </a>
        <h1>{first?.name ?? "Trace"}</h1>
        <p class="muted">
          {first !== undefined && formatDate(start)} · <strong>{formatDuration(tree.duration)}</strong> ·{" "}
          {formatCount(tree.count, "span")} · {formatCount(services.length, "service")}
        </p>
      </div>
      <div class="row legend">
        {services.map((service) => (
          <span key={service} class="service" style={{ "--hue": colourOf(service) }}>
            {service}
          </span>
        ))}
        {errors > 0 && <Badge tone="bad" icon="error" text={formatCount(errors, "error")} />}
        {tree.missing > 0 && (
          <Badge
            tone="warn"
            icon="warn"
            text={`${formatCount(tree.missing, "span")} missing`}
            title="Their children are here; they have not ended, or were lost."
          />
        )}
      </div>
      <div class="row">
        <a class="button" href={href(["logs"], { trace: id, ...times, data })}>
          <Icon name="logs" />
          {formatCount(trace.lines.length, "line")}
        </a>
        {data === undefined && (
          <a class="button" href={`/api/export${search({ trace: id, ...times })}`} download>
            <Icon name="download" />
            Export
          </a>
        )}
        <CopyButton text={id} label="Id" />
      </div>
    </header>
  );
}
