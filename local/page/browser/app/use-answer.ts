import { useEffect, useReducer, useRef } from "preact/hooks";
import { hidden, whenVisible } from "./connection.ts";
import { isAbort } from "./request.ts";

export interface Answer<T> {
  /** The last answer; stays while a newer one is awaited or cannot be had. */
  data: T | undefined;
  /** Why the newest one is missing, as a sentence. */
  error: string | undefined;
  reload(): void;
}

/** Answers of the last views: going back shows them at once. */
const MAX_CACHED = 150;
const cache = new Map<string, unknown>();

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;

/**
 * Asks for `key`'s data, again every `everyMs` while the tab is visible, and again after failures.
 *
 * @param key names what is asked for; another key asks again. `undefined` asks for nothing.
 */
export function useAnswer<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
  everyMs?: number,
): Answer<T> {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const errors = useRef<{ key: string; error: string } | undefined>(undefined);
  const wake = useRef(() => {});
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    if (key === undefined) return;
    const abort = new AbortController();
    void repeat(abort.signal, everyMs, wake, async () => {
      try {
        remember(key, await latest.current(abort.signal));
        errors.current = undefined;
      } catch (error) {
        if (!isAbort(error)) errors.current = { key, error: (error as Error).message };
      }
      if (!abort.signal.aborted) render(undefined);
      return errors.current === undefined;
    });
    return () => abort.abort();
  }, [key, everyMs]);

  const error = errors.current?.key === key ? errors.current?.error : undefined;
  return {
    data: key === undefined ? undefined : (cache.get(key) as T | undefined),
    error,
    reload: () => wake.current(),
  };
}

/** Runs `step` every `everyMs`, and sooner while it fails. `step` tells whether it succeeded. */
async function repeat(
  signal: AbortSignal,
  everyMs: number | undefined,
  wake: { current: () => void },
  step: () => Promise<boolean>,
): Promise<void> {
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const succeeded = await step();
    if (signal.aborted) return;
    await pause(succeeded ? everyMs : retryMs, signal, wake);
    retryMs = succeeded ? FIRST_RETRY_MS : Math.min(retryMs * 2, LAST_RETRY_MS);
    if (hidden.value) await whenVisible();
  }
}

function remember(key: string, data: unknown): void {
  cache.delete(key);
  cache.set(key, data);
  if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!);
}

/** Waits for `ms`, or for ever, until woken. */
function pause(ms: number | undefined, signal: AbortSignal, wake: { current: () => void }): Promise<void> {
  return new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    wake.current = end;
    signal.addEventListener("abort", end, { once: true });
  });
}
