/**
 * Bytes of messages that the calls of one connection may hold at a time. HTTP/2 bounds what waits
 * unread to 64 KiB a call, but not what a server reads: a hundred calls of one connection may each
 * send the largest message.
 */
export interface MessageBudget {
  /** Whether the bytes could be taken at once; otherwise `taken` is called when they are. */
  take(bytes: number, taken: () => void): boolean;
  /** Gives bytes back that were taken, or leaves the queue. */
  release(bytes: number, taken?: () => void): void;
}

/** Smaller messages never wait: a connection has some hundred calls, and they are soon read. */
export const SMALL_MESSAGE_BYTES = 64 * 1024;

/** Calls wait in their order, so that a large message is not overtaken for ever. */
export function createMessageBudget(limit: number): MessageBudget {
  const queue: { bytes: number; taken: () => void }[] = [];
  let free = limit;

  function serveQueue(): void {
    // A message that is larger than the whole budget goes alone.
    for (let first = queue[0]; first && (first.bytes <= free || free === limit); first = queue[0]) {
      queue.shift();
      free -= first.bytes;
      first.taken();
    }
  }

  return {
    take(bytes, taken) {
      if (queue.length === 0 && (bytes <= free || free === limit)) {
        free -= bytes;
        return true;
      }
      queue.push({ bytes, taken });
      return false;
    },
    release(bytes, taken) {
      const waiting = taken === undefined ? -1 : queue.findIndex((entry) => entry.taken === taken);
      if (waiting === -1) free += bytes;
      else queue.splice(waiting, 1);
      serveQueue();
    },
  };
}
