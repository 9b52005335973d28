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
const OLDER_LINES = 2_000;
/** Lines that arrive within this time are drawn at once. */
const DRAW_EVERY_MS = 100;
/** Lines that wait to be drawn; the newest are kept. */
const MAX_WAITING = 20_000;
const RETRY_MS = 2_000;

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
  }, [query.key]);

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
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const take = (lines: readonly LogLine[]): void => {
    waiting.current = [...waiting.current, ...lines].slice(-MAX_WAITING);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const arrived = waiting.current;
      waiting.current = [];
      if (!current.loaded) return;
      current.added += current.buffer.addNew(arrived);
      draw(undefined);
    }, DRAW_EVERY_MS);
  };
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      waiting.current = [];
    },
    [query.key],
  );
  useStream<LogLine[]>(live ? `/api/logs/stream${search(logQuery(query.filter))}` : undefined, "lines", {
    // What was written while the stream was away, or before it began.
    opened: () => {
      const newest = current.buffer.newestNs;
      const from = newest === undefined ? query.range.from : Number(newest.slice(0, -6));
      api.logs({ ...query.filter, from: Math.floor(from) }, OLDER_LINES).then(
        (page) => take(page.lines),
        (failure: Error) => setError(failure.message),
      );
    },
    received: take,
    problem: setError,
  });
}

function withTimes({ filter, range }: LogQuery) {
  const to = range.last === undefined ? { to: Math.ceil(range.to) } : {};
  return { ...filter, from: Math.floor(range.from), ...to };
}
