import { useEffect, useRef } from "preact/hooks";
import type { ApiError } from "../../model/api.ts";
import { connected, hidden } from "./connection.ts";

const RETRY_MS = 1_000;
/** The server repeats a problem every two seconds while it lasts, and says nothing at its end. */
const PROBLEM_LASTS_MS = 5_000;

/** What a stream reports. `opened` comes after each connection, the first included. */
export interface StreamHandlers<T> {
  opened?(): void;
  received(data: T): void;
  problem(sentence: string | undefined): void;
}

/**
 * Follows a stream of events named `event` while the tab is visible; a hidden tab would hold one
 * of the six connections that a browser opens to a host. Connects again when the stack is back.
 *
 * @param url another one reconnects; `undefined` follows nothing
 */
export function useStream<T>(url: string | undefined, event: string, handlers: StreamHandlers<T>): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    if (url === undefined) return;
    let source: EventSource | undefined;
    let quiet: ReturnType<typeof setTimeout> | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = (): void => {
      source = new EventSource(url);
      source.addEventListener("open", () => {
        connected.value = true;
        latest.current.problem(undefined);
        latest.current.opened?.();
      });
      source.addEventListener(event, ({ data }) => {
        latest.current.problem(undefined);
        latest.current.received(JSON.parse(data as string) as T);
      });
      source.addEventListener("problem", ({ data }) => {
        latest.current.problem((JSON.parse(data as string) as ApiError).error);
        clearTimeout(quiet);
        quiet = setTimeout(() => latest.current.problem(undefined), PROBLEM_LASTS_MS);
      });
      source.addEventListener("error", () => {
        // EventSource gives up after an HTTP error, and waits long after a lost connection.
        close();
        latest.current.problem("The stream was interrupted; connecting again.");
        timer = setTimeout(open, RETRY_MS);
      });
    };
    const close = (): void => {
      clearTimeout(timer);
      clearTimeout(quiet);
      source?.close();
    };
    const stop = hidden.subscribe((value) => {
      close();
      if (!value) open();
    });
    return () => {
      stop();
      close();
    };
  }, [url, event]);
}
