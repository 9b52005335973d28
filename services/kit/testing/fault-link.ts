import type { Socket } from "node:net";

/** What happens to the bytes of one direction; changed while they travel. */
export interface LinkConditions {
  delayMs: number;
  bytesPerSecond: number;
  /** A black hole. */
  blackHoled: boolean;
}

/** One direction of one connection. */
export interface Link {
  /** The weather has changed. */
  applyConditions(): void;
  /** Calls back once everything that was sent before has arrived. */
  afterDelivery(arrived: () => void): void;
  /** Forgets what is under way. */
  destroy(): void;
}

/** Bytes, or what happens once they are through. */
interface QueuedItem {
  content: Buffer | (() => void);
  /** On the clock of `performance.now()`; by then it has travelled. */
  deliverAt: number;
}

/**
 * Bytes under way in one direction, beyond which the sender is made to wait, as by a full window.
 */
const WINDOW_BYTES = 1024 * 1024;

/** Carries what `from` says to `to`, in order. */
export function createLink(from: Socket, to: Socket, weather: LinkConditions): Link {
  const queue: QueuedItem[] = [];
  let bytes = 0;
  /** When the line is free again: what went before takes its time at this bandwidth. */
  let free = 0;
  let timer: NodeJS.Timeout | undefined;
  let choked = false;

  function send(content: QueuedItem["content"], size: number): void {
    const now = performance.now();
    free = Math.max(now, free) + (size / weather.bytesPerSecond) * 1000;
    queue.push({ content, deliverAt: free + weather.delayMs });
    bytes += size;
    if (bytes > WINDOW_BYTES) from.pause();
    deliver();
  }

  function deliver(): void {
    clearTimeout(timer);
    while (!weather.blackHoled && !choked) {
      const [next] = queue;
      if (!next) break;
      const wait = next.deliverAt - performance.now();
      if (wait > 0) {
        timer = setTimeout(deliver, wait);
        return;
      }
      queue.shift();
      if (typeof next.content === "function") next.content();
      else arrive(next.content);
    }
    if (bytes <= WINDOW_BYTES) from.resume();
  }

  function arrive(content: Buffer): void {
    bytes -= content.length;
    // Nobody is there any more to hear it.
    if (!to.writable || to.write(content)) return;
    choked = true;
    const go = () => {
      to.off("drain", go).off("close", go);
      choked = false;
      deliver();
    };
    to.on("drain", go).on("close", go);
  }

  from.on("data", (content: Buffer) => send(content, content.length));
  from.on("end", () => send(() => to.end(), 0));
  return {
    applyConditions() {
      // What waits was slowed by weather that has passed.
      if (weather.delayMs === 0 && weather.bytesPerSecond === Number.POSITIVE_INFINITY) {
        free = 0;
        for (const freight of queue) freight.deliverAt = 0;
      }
      deliver();
    },
    afterDelivery: (arrived) => send(arrived, 0),
    destroy() {
      clearTimeout(timer);
      queue.length = 0;
      if (!to.destroyed) to.destroy();
    },
  };
}
