import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { LogLine } from "../../model/log-line.ts";
import { api, logQuery } from "../app/api.ts";
import { whenVisible } from "../app/connection.ts";
import { isAbort, search } from "../app/request.ts";
import { useStream } from "../app/use-stream.ts";
import { LogBuffer } from "./log-buffer.ts";
import type { LogQuery } from "./log-query.ts";

/** Enough for the screen; older ones follow when it is scrolled. */
const FIRST_LINES = 500;
const OLDER_LINES = 5_000;
/** Lines that arrive within this time are drawn at once. */
const DRAW_EVERY_MS = 100;
/** Lines that wait to be drawn; the newest are kept. */
const MAX_WAITING = 20_000;
const RETRY_MS = 2_000;
/** Lines of one request for what was missed, and how many requests. */
const GAP_LINES = 5_000;
const MAX_GAP_PAGES = 4;

export interface Logs {
  buffer: LogBuffer;
  /** Lines that were added above since the first answer. */
  added: number;
  loading: boolean;
  error: string | undefined;
  /** Whether older lines can be had. */
  hasOlder: boolean;
  loadOlder(): void;
}

interface Held {
  key: string;
  buffer: LogBuffer;
  next: string | undefined;
  loaded: boolean;
  added: number;
}

/** Lines of the last filter: going to another view and back shows them at once. */
let held: Held | undefined;

/** Lines of a filter, from the store, and as they are written while `live`. */
export function useLogs(query: LogQuery, data: string | undefined, live: boolean): Logs {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const [error, setError] = useState<string>();
  const asking = useRef(false);
  if (held?.key !== query.key)
    held = { key: query.key, buffer: new LogBuffer(), next: undefined, loaded: false, added: 0 };
  const current = held;

  useEffect(() => {
    const abort = new AbortController();
    const load = async (): Promise<void> => {
      while (!current.loaded && !abort.signal.aborted) {
        try {
          const page = await api.logs(withTimes(query), FIRST_LINES, data, undefined, abort.signal);
          current.buffer.addNew(page.lines);
          current.next = page.next;
          current.loaded = true;
          setError(undefined);
          draw(undefined);
        } catch (failure) {
          if (isAbort(failure)) return;
          setError((failure as Error).message);
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          await whenVisible();
        }
      }
    };
    void load();
    return () => abort.abort();
  }, [current]);

  useLiveLines(query, live, current, draw, setError);

  const loadOlder = (): void => {
    const { next } = current;
    if (asking.current || next === undefined || current.buffer.isFull) return;
    asking.current = true;
    api.logs(withTimes(query), OLDER_LINES, data, next).then(
      (page) => {
        asking.current = false;
        current.buffer.addOlder(page.lines);
        current.next = page.next;
        setError(undefined);
        draw(undefined);
      },
      (failure: Error) => {
        asking.current = false;
        setError(failure.message);
      },
    );
  };
  const hasOlder = current.next !== undefined && !current.buffer.isFull;
  const { buffer, added, loaded } = current;
  return { buffer, added, loading: !loaded, error, hasOlder, loadOlder };
}

function useLiveLines(
  query: LogQuery,
  live: boolean,
  current: Held,
  draw: (action: unknown) => void,
  setError: (sentence: string | undefined) => void,
): void {
  const waiting = useRef<LogLine[]>([]);
  const hasGap = useRef(false);
  const hadProblem = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const flush = useRef<() => void>(() => {});
  flush.current = () => {
    timer.current = undefined;
    if (!current.loaded) return schedule();
    current.added += current.buffer.addNew(waiting.current);
    waiting.current = [];
    draw(undefined);
    if (hasGap.current) void fillGap();
  };
  const schedule = (): void => {
    timer.current ??= setTimeout(() => flush.current(), DRAW_EVERY_MS);
  };
  const take = (lines: readonly LogLine[]): void => {
    waiting.current = [...waiting.current, ...lines].slice(-MAX_WAITING);
    schedule();
  };
  /** What was written while the stream was away, or before it began. */
  const fillGap = async (): Promise<void> => {
    hasGap.current = false;
    const since = Number(current.buffer.newestNs?.slice(0, -6) ?? query.range.from);
    const filter = { ...query.filter, from: Math.floor(since) };
    try {
      const lines: LogLine[] = [];
      let page = await api.logs(filter, GAP_LINES);
      lines.push(...page.lines);
      for (let count = 1; page.next !== undefined && count < MAX_GAP_PAGES; count += 1) {
        page = await api.logs(filter, GAP_LINES, undefined, page.next);
        lines.push(...page.lines);
      }
      // So much was missed that starting over is better than showing a hole.
      if (page.next !== undefined && held === current) held = undefined;
      take(lines);
    } catch (failure) {
      setError((failure as Error).message);
    }
  };
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      waiting.current = [];
    };
  }, [current]);
  useStream<LogLine[]>(live ? `/api/logs/stream${search(logQuery(query.filter))}` : undefined, "lines", {
    opened: () => {
      hasGap.current = true;
      schedule();
    },
    received: take,
    problem: (sentence) => {
      setError(sentence);
      // The store is back: what was written meanwhile is there by now.
      if (sentence === undefined && hadProblem.current) {
        hasGap.current = true;
        schedule();
      }
      hadProblem.current = sentence !== undefined;
    },
  });
}

function withTimes({ filter, range }: LogQuery) {
  const to = range.last === undefined ? { to: Math.ceil(range.to) } : {};
  return { ...filter, from: Math.floor(range.from), ...to };
}
