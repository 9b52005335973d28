import { colourOf } from "../parts/colour.ts";
import { formatDuration } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { VirtualList } from "../parts/virtual-list.tsx";
import { labelOf, shortLabelOf, systemOf } from "./span-system.ts";
import type { SpanNode, SpanTree } from "./span-tree.ts";

const ROW_HEIGHT = 30;
const NARROW_ROW_HEIGHT = 50;
/** Deeper spans are indented no further. */
const MAX_INDENT = 24;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface WaterfallProps {
  tree: SpanTree;
  rows: readonly SpanNode[];
  selected: number;
  collapsed: ReadonlySet<string>;
  toggle(id: string): void;
  select(index: number): void;
}

export function Waterfall({ tree, rows, selected, collapsed, toggle, select }: WaterfallProps) {
  const rowHeight = useNarrow() ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  return (
    <VirtualList
      label="Spans of the trace"
      class="waterfall"
      count={rows.length}
      rowHeight={rowHeight}
      selected={selected}
      rowKey={(index) => rows[index]!.id}
      head={<Ruler duration={tree.duration} />}
      row={(index) => (
        <SpanRow
          node={rows[index]!}
          duration={tree.duration}
          isCollapsed={collapsed.has(rows[index]!.id)}
          toggle={toggle}
          open={() => select(index)}
        />
      )}
    />
  );
}

function Ruler({ duration }: { duration: number }) {
  return (
    <div class="ruler" aria-hidden="true">
      <span class="span-name">Span</span>
      <span class="span-bars">
        {TICKS.map((tick) => (
          <i key={tick} style={{ left: `${tick * 100}%` }}>
            {formatDuration(duration * tick)}
          </i>
        ))}
      </span>
    </div>
  );
}

interface SpanRowProps {
  node: SpanNode;
  duration: number;
  isCollapsed: boolean;
  toggle(id: string): void;
  open(): void;
}

function SpanRow({ node, duration, isCollapsed, toggle, open }: SpanRowProps) {
  const { span } = node;
  const left = Math.min(99.8, (node.offset / duration) * 100);
  const width = Math.min(100 - left, Math.max(0.2, (node.duration / duration) * 100));
  const tone = span === undefined ? "missing" : span.status === "error" ? "failed-span" : "";
  const indent = Math.min(node.depth, MAX_INDENT) * 14;
  return (
    <div role="gridcell" class={`span-row ${tone}`} onClick={open}>
      <span class="span-name" style={{ paddingLeft: `${indent}px` }}>
        {node.children.length > 0 ? (
          <button
            type="button"
            class="toggle"
            aria-expanded={!isCollapsed}
            aria-label={isCollapsed ? "Show its children" : "Hide its children"}
            onClick={(event) => {
              event.stopPropagation();
              toggle(node.id);
            }}
          >
            <Icon name={isCollapsed ? "right" : "down"} />
          </button>
        ) : (
          <i class="toggle" />
        )}
        {span === undefined ? <em>not received: still open, or lost</em> : <SpanName node={node} />}
      </span>
      <span class="span-bars">
        <span
          class={`bar ${span === undefined ? "" : systemOf(span)}`}
          style={{ left: `${left}%`, width: `${width}%` }}
        />
        <span
          class={`bar-text ${left + width > 80 ? "before" : ""}`}
          style={left + width > 80 ? { right: `${100 - left}%` } : { left: `${left + width}%` }}
        >
          {span !== undefined && formatDuration(node.duration)}
        </span>
      </span>
    </div>
  );
}

function SpanName({ node }: { node: SpanNode }) {
  const span = node.span!;
  return (
    <>
      <span class="service" style={{ "--hue": colourOf(span.service) }} title={span.service}>
        {span.service}
      </span>
      <b class={`system ${systemOf(span)}`} title={labelOf(span)}>
        {shortLabelOf(span)}
      </b>
      <span class="span-title" title={span.name}>
        {span.name}
      </span>
      {span.status === "error" && <Icon name="error" />}
      {node.shift > 0 && (
        <span class="skew" title={`Its clock is ${formatDuration(node.shift)} behind its parent's: shown later`}>
          <Icon name="clock" />
        </span>
      )}
      {span.links.length > 0 && <Icon name="link" />}
      {childCount(node)}
    </>
  );
}

function childCount({ children }: SpanNode) {
  return children.length > 9 ? <small class="muted">{children.length}</small> : null;
}
