import type { Span } from "../../model/span.ts";

/** A row of the waterfall. */
export interface SpanNode {
  id: string;
  /** Absent for a parent that its children name but the store does not have. */
  span: Span | undefined;
  depth: number;
  /** Nanoseconds after the trace's first span. */
  offset: number;
  duration: number;
  children: SpanNode[];
  /**
   * Nanoseconds that were added to the measured start, because the clock of this span's machine is
   * behind that of its parent.
   */
  shift: number;
}

export interface SpanTree {
  roots: SpanNode[];
  /** Nanoseconds from the first start to the last end. */
  duration: number;
  count: number;
  missing: number;
  /** Start of the trace in ns, as decimal text. */
  startNs: string;
}

/** Spans by their parents. Circles and repeats in what clients send do no harm. */
export function buildTree(spans: readonly Span[]): SpanTree {
  const unique = [...new Map(spans.map((span) => [span.spanId, span])).values()];
  if (unique.length === 0) return { roots: [], duration: 0, count: 0, missing: 0, startNs: "0" };
  const start = unique.reduce(
    (first, { startNs }) => (BigInt(startNs) < first ? BigInt(startNs) : first),
    BigInt(unique[0]!.startNs),
  );
  const nodes = new Map(unique.map((span) => [span.spanId, nodeOf(span, start)]));
  const { roots, missing } = connect(nodes);
  const reached = new Set<SpanNode>();
  for (const root of roots) arrange(root, 0, 0, reached);
  // Spans that are each other's parents hang on none of the roots.
  for (const node of nodes.values()) {
    if (reached.has(node)) continue;
    roots.push(node);
    arrange(node, 0, 0, reached);
  }
  const bounds = boundsOf([...reached]);
  for (const node of reached) node.offset -= bounds.first;
  roots.sort((a, b) => a.offset - b.offset);
  return {
    roots,
    duration: Math.max(1, bounds.last - bounds.first),
    count: unique.length,
    missing,
    startNs: String(start + BigInt(Math.round(bounds.first))),
  };
}

/** Rows in their order, without those below a collapsed one. */
export function rowsOf(tree: SpanTree, collapsed: ReadonlySet<string>): SpanNode[] {
  const rows: SpanNode[] = [];
  const pending = [...tree.roots].reverse();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    rows.push(node);
    if (!collapsed.has(node.id)) for (const child of [...node.children].reverse()) pending.push(child);
  }
  return rows;
}

function nodeOf(span: Span, start: bigint): SpanNode {
  const offset = Number(BigInt(span.startNs) - start);
  return { id: span.spanId, span, depth: 0, offset, duration: Math.max(0, span.durationNs), children: [], shift: 0 };
}

function connect(nodes: Map<string, SpanNode>): { roots: SpanNode[]; missing: number } {
  const roots: SpanNode[] = [];
  const absent = new Map<string, SpanNode>();
  for (const node of nodes.values()) {
    const parentId = node.span?.parentSpanId;
    if (parentId === undefined || parentId === node.id) {
      roots.push(node);
      continue;
    }
    const parent = nodes.get(parentId) ?? absent.get(parentId) ?? absentParent(parentId);
    if (parent.span === undefined) absent.set(parentId, parent);
    parent.children.push(node);
  }
  for (const parent of absent.values()) {
    const { first, last } = boundsOf(parent.children);
    parent.offset = first;
    parent.duration = last - first;
    roots.push(parent);
  }
  return { roots, missing: absent.size };
}

function absentParent(id: string): SpanNode {
  return { id, span: undefined, depth: 0, offset: 0, duration: 0, children: [], shift: 0 };
}

/** Sets depths and orders children. Walks without recursion: a trace can be thousands deep. */
function arrange(root: SpanNode, depth: number, shift: number, reached: Set<SpanNode>): void {
  const pending = [{ node: root, depth, shift }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node } = next;
    if (reached.has(node)) continue;
    reached.add(node);
    node.depth = next.depth;
    node.offset += next.shift;
    node.children = node.children.filter((child) => !reached.has(child));
    for (const child of node.children) {
      child.shift = skewOf(node, child, next.shift);
      pending.push({ node: child, depth: next.depth + 1, shift: next.shift + child.shift });
    }
    node.children.sort((a, b) => a.offset + a.shift - (b.offset + b.shift));
  }
}

/**
 * How far another service's clock is behind: its span cannot start before the one that caused it.
 * Within one service there is one clock, and so no skew.
 */
function skewOf(parent: SpanNode, child: SpanNode, shift: number): number {
  if (parent.span === undefined || child.span === undefined || parent.span.service === child.span.service) return 0;
  return Math.max(0, parent.offset - (child.offset + shift));
}

function boundsOf(nodes: readonly SpanNode[]): { first: number; last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { offset, duration } of nodes) {
    first = Math.min(first, offset);
    last = Math.max(last, offset + duration);
  }
  return { first, last };
}
