import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface VirtualListProps {
  label: string;
  count: number;
  /** Height of every row in pixels. */
  rowHeight: number;
  row(index: number): ComponentChildren;
  /** Names a row, so that its elements are kept while rows move. */
  rowKey(index: number): string | number;
  selected?: number | undefined;
  /** Rows that were added above since the first: what is in view stays in its place. */
  added?: number;
  /** First row that is in view. */
  onScroll?(first: number, last: number): void;
  /** Extra class of the scrolling element. */
  class?: string;
  head?: ComponentChildren;
}

const OVERSCAN = 12;

/** Rows of one height, of which only those in view are elements, however many there are. */
export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight, selected, onScroll, added = 0 } = props;
  const addedBefore = useRef(added);
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });

  const read = (): void => {
    const element = scroller.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height } = element;
    // Whole rows only: scrolling within one row redraws nothing.
    const rounded = { top: Math.floor(top / rowHeight) * rowHeight, height };
    setView((before) => (before.top === rounded.top && before.height === height ? before : rounded));
    onScroll?.(Math.floor(top / rowHeight), Math.ceil((top + height) / rowHeight));
  };

  useLayoutEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(read);
    observer.observe(element);
    read();
    return () => observer.disconnect();
  }, [rowHeight, count === 0]);

  useLayoutEffect(() => {
    const element = scroller.current;
    const rows = added - addedBefore.current;
    addedBefore.current = added;
    if (element !== null && rows > 0 && element.scrollTop >= rowHeight) element.scrollTop += rows * rowHeight;
  }, [added]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (selected === undefined || selected < 0 || element === null) return;
    const head = element.querySelector<HTMLElement>(".list-head")?.offsetHeight ?? 0;
    const start = selected * rowHeight;
    if (start < element.scrollTop) element.scrollTop = start;
    else if (start + rowHeight + head > element.scrollTop + element.clientHeight)
      element.scrollTop = start + rowHeight + head - element.clientHeight;
  }, [selected]);

  const first = Math.max(0, Math.min(count, Math.floor(view.top / rowHeight)) - OVERSCAN);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + OVERSCAN);
  const rows: JSX.Element[] = [];
  for (let index = first; index < last; index += 1)
    rows.push(
      <div
        key={props.rowKey(index)}
        role="row"
        class="list-row"
        aria-rowindex={index + 1}
        aria-selected={index === selected}
        style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
      >
        {props.row(index)}
      </div>,
    );
  return (
    <div
      ref={scroller}
      class={`list ${props.class ?? ""}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={count}
      tabIndex={0}
      onScroll={read}
    >
      {props.head !== undefined && <div class="list-head">{props.head}</div>}
      <div class="list-rows" role="rowgroup" style={{ height: `${count * rowHeight}px` }}>
        {rows}
      </div>
    </div>
  );
}
