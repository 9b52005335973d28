import type { Socket } from "node:net";

/** The conditions of one direction; they may change while bytes travel. */
export interface LinkConditions {
  delayMs: number;
  bytesPerSecond: number;
  /** Nothing arrives. */
  blackHoled: boolean;
}

/** One direction of one connection. */
export interface Link {
  /** Called after the conditions have changed. */
  applyConditions(): void;
  /** Calls back once everything sent before has arrived. */
  afterDelivery(arrived: () => void): void;
  /** Drops what is under way. */
  destroy(): void;
}

/** Bytes, or a callback for when everything before it has arrived. */
interface QueuedItem {
  content: Buffer | (() => void);
  /** When it arrives, on the clock of `performance.now()`. */
  deliverAt: number;
}

/** Bytes under way in one direction after which the sender waits, as for a full TCP window. */
const WINDOW_BYTES = 1024 * 1024;

/** Carries the bytes of `from` to `to`, in order. */
export function createLink(from: Socket, to: Socket, conditions: LinkConditions): Link {
  const queue: QueuedItem[] = [];
  let bytes = 0;
  /** When the link is free again: earlier bytes take their time at this bandwidth. */
  let freeAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let backpressured = false;

  function send(content: QueuedItem["content"], size: number): void {
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + (size / conditions.bytesPerSecond) * 1000;
    queue.push({ content, deliverAt: freeAt + conditions.delayMs });
    bytes += size;
    if (bytes > WINDOW_BYTES) from.pause();
    deliver();
  }

  function deliver(): void {
    clearTimeout(timer);
    while (!conditions.blackHoled && !backpressured) {
      const [next] = queue;
      if (!next) break;
      const waitMs = next.deliverAt - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(deliver, waitMs);
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
    // The receiver has gone, or it takes more.
    if (!to.writable || to.write(content)) return;
    backpressured = true;
    const resume = () => {
      to.off("drain", resume).off("close", resume);
      backpressured = false;
      deliver();
    };
    to.on("drain", resume).on("close", resume);
  }

  from.on("data", (content: Buffer) => send(content, content.length));
  from.on("end", () => send(() => to.end(), 0));
  return {
    applyConditions() {
      // The queued bytes were slowed by conditions that no longer hold.
      if (conditions.delayMs === 0 && conditions.bytesPerSecond === Number.POSITIVE_INFINITY) {
        freeAt = 0;
        for (const item of queue) item.deliverAt = 0;
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
