import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { PageError } from "../../model/page-error.ts";
import { describeError } from "./answers.ts";

const MAX_STREAMS = 64;
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long is dropped; it connects again by itself. */
const DRAIN_TIMEOUT_MS = 10_000;
const RETRY_MS = 2000;

/** Sends server-sent events. Nothing is buffered for a client beyond its socket. */
export class EventStream {
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  private static open = 0;
  private readonly response: ServerResponse;

  /** @throws {@link PageError} 429 while too many streams are open */
  constructor(response: ServerResponse) {
    if (EventStream.open >= MAX_STREAMS)
      throw new PageError(429, `${MAX_STREAMS} live views are open: close some of the page's tabs`);
    EventStream.open++;
    this.response = response;
    const gone = new AbortController();
    this.signal = gone.signal;
    const heartbeat = setInterval(() => response.write(": \n\n"), HEARTBEAT_MS);
    response.once("close", () => {
      EventStream.open--;
      clearInterval(heartbeat);
      gone.abort();
    });
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.write(": \n\n");
  }

  /** Resolves once the client has taken it; a client that does not is dropped. */
  async send(event: string, data: unknown): Promise<void> {
    if (this.signal.aborted || this.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(DRAIN_TIMEOUT_MS)]);
    await once(this.response, "drain", { signal }).catch(() => this.response.destroy());
  }

  /**
   * Sends what `follow` yields until the client leaves. A failure is sent as `problem`, and then
   * tried again.
   */
  async pipe<T>(event: string, follow: (signal: AbortSignal) => AsyncIterable<T>): Promise<void> {
    while (!this.signal.aborted) {
      try {
        for await (const data of follow(this.signal)) await this.send(event, data);
      } catch (error) {
        if (this.signal.aborted) return;
        const { message } = describeError(error, console.error);
        await this.send("problem", { error: message });
      }
      await sleep(RETRY_MS, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }
}
