import assert from "node:assert/strict";
import { buildTree, rowsOf, type SpanNode } from "@plinth/local/page/browser/traces/span-tree.ts";
import type { Span } from "@plinth/local/page/model/span.ts";

const MS = 1_000_000;
const START = 1_764_000_000_000;

describe("the tree of a trace's spans", () => {
  it("puts children below their parents in the order of their starts", () => {
    const tree = buildTree([span("c", 20, 5, "a"), span("a", 0, 50), span("b", 10, 30, "a"), span("d", 12, 5, "b")]);
    assert.deepEqual(shape(rowsOf(tree, new Set())), ["a 0", "b 1", "d 2", "c 1"]);
    assert.equal(tree.duration, 50 * MS);
  });

  it("hides what is below a collapsed span", () => {
    const tree = buildTree([span("a", 0, 50), span("b", 10, 30, "a"), span("d", 12, 5, "b")]);
    assert.deepEqual(shape(rowsOf(tree, new Set(["b"]))), ["a 0", "b 1"]);
  });

  it("stands in for a parent that was not received, over the time of its children", () => {
    const tree = buildTree([span("b", 10, 30, "lost"), span("c", 35, 25, "lost")]);
    const [parent] = rowsOf(tree, new Set());
    assert.equal(parent?.span, undefined);
    assert.equal(parent?.id, "lost");
    assert.equal(parent?.duration, 50 * MS);
    assert.equal(tree.missing, 1);
    assert.equal(tree.count, 2);
  });

  it("shifts a span of another service whose clock is behind, with all that is below it", () => {
    const tree = buildTree([
      span("a", 100, 50, undefined, "gateway"),
      span("b", 60, 30, "a", "wallet"),
      span("c", 65, 5, "b", "wallet"),
    ]);
    const rows = rowsOf(tree, new Set());
    assert.deepEqual(
      rows.map(({ offset }) => offset / MS),
      [0, 0, 5],
    );
    assert.deepEqual(
      rows.map(({ shift }) => shift / MS),
      [0, 40, 0],
    );
    assert.equal(tree.startNs, `${START + 100}000000`);
  });

  it("leaves spans of one service where they were measured", () => {
    const tree = buildTree([span("a", 100, 50), span("b", 60, 30, "a")]);
    assert.deepEqual(
      rowsOf(tree, new Set()).map(({ offset, shift }) => [offset / MS, shift]),
      [
        [40, 0],
        [0, 0],
      ],
    );
  });

  it("shows spans that name each other, or themselves, as their parent", () => {
    const tree = buildTree([span("a", 0, 10, "b"), span("b", 1, 5, "a"), span("c", 2, 2, "c")]);
    assert.deepEqual(
      rowsOf(tree, new Set())
        .map(({ id }) => id)
        .sort(),
      ["a", "b", "c"],
    );
  });

  it("counts a span once that was sent twice", () => {
    assert.equal(buildTree([span("a", 0, 10), span("a", 0, 10)]).count, 1);
  });

  it("takes a chain of 20,000 spans", () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      span(`s${index}`, index, 5, index === 0 ? undefined : `s${index - 1}`),
    );
    const rows = rowsOf(buildTree(chain), new Set());
    assert.equal(rows.length, 20_000);
    assert.equal(rows.at(-1)?.depth, 19_999);
  });

  it("is empty for no span", () => {
    assert.deepEqual(rowsOf(buildTree([]), new Set()), []);
  });
});

function span(spanId: string, startMs: number, durationMs: number, parentSpanId?: string, service = "wallet"): Span {
  return {
    traceId: "a".repeat(32),
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    service,
    version: "1",
    name: spanId,
    kind: "internal",
    startNs: `${START + startMs}000000`,
    durationNs: durationMs * MS,
    status: "unset",
    attributes: {},
    events: [],
    links: [],
  };
}

function shape(rows: readonly SpanNode[]): string[] {
  return rows.map(({ id, depth }) => `${id} ${depth}`);
}
