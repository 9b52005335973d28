/** Sends the items of many callers in few batches, one batch at a time and in order. */
export interface Batcher<T> {
  /**
   * Resolves once `send` has taken all items of the call. They fail together. Another caller's
   * items fail with them only if {@link BatcherSettings.isSharedFailure} says so.
   */
  add(items: readonly T[]): Promise<void>;
  /** Sends the waiting items, and rejects every later call. */
  close(): Promise<void>;
}

export interface BatcherSettings<T> {
  send(items: readonly T[]): Promise<void>;
  /** Items of a batch; a single call with more is one batch. */
  maxBatchItems: number;
  /**
   * Milliseconds that the first item of a batch waits for others. With 0 it waits for the rest of
   * this turn of the event loop and for the batch under way.
   */
  lingerMs: number;
  /**
   * Items that may wait. A call that exceeds it is rejected at once, which bounds memory while the
   * receiver is away.
   */
  maxQueuedItems: number;
  /** The error of a rejected call. */
  overflowError(): Error;
  /**
   * Whether no single call caused a batch's failure. Otherwise each call is sent alone, so that
   * only the faulty one fails.
   */
  isSharedFailure(error: unknown): boolean;
}

interface PendingCall<T> {
  items: readonly T[];
  resolve(): void;
  reject(error: unknown): void;
}

export function createBatcher<T>(settings: BatcherSettings<T>): Batcher<T> {
  let calls: PendingCall<T>[] = [];
  let queuedItems = 0;
  let closed = false;
  let draining: Promise<void> | undefined;

  async function drainQueue(): Promise<void> {
    while (calls.length > 0) {
      await (settings.lingerMs > 0 && !closed
        ? new Promise((resolve) => setTimeout(resolve, settings.lingerMs))
        : nextEventLoopTurn());
      await deliver(takeBatch());
    }
    draining = undefined;
  }

  async function deliver(batch: readonly PendingCall<T>[]): Promise<void> {
    try {
      await settings.send(batch.flatMap(({ items }) => items));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length === 1 || settings.isSharedFailure(error)) for (const { reject } of batch) reject(error);
      else for (const { items, resolve, reject } of batch) await settings.send(items).then(resolve, reject);
    }
  }

  function takeBatch(): PendingCall<T>[] {
    let count = 0;
    const end = calls.findIndex(({ items }, index) => {
      count += items.length;
      return index > 0 && count > settings.maxBatchItems;
    });
    const batch = end === -1 ? calls : calls.slice(0, end);
    calls = end === -1 ? [] : calls.slice(end);
    for (const { items } of batch) queuedItems -= items.length;
    return batch;
  }

  return {
    add(items) {
      if (items.length === 0) return Promise.resolve();
      // An empty queue takes any call, or a call larger than the limit could never be sent.
      if (closed || (queuedItems > 0 && queuedItems + items.length > settings.maxQueuedItems))
        return Promise.reject(settings.overflowError());
      queuedItems += items.length;
      return new Promise((resolve, reject) => {
        calls.push({ items, resolve, reject });
        draining ??= drainQueue();
      });
    },
    async close() {
      closed = true;
      await draining;
    },
  };
}

function nextEventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
