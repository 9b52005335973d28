/** What many callers hand in leaves in few batches: one at a time, in the order it came. */
export interface Batcher<T> {
  /**
   * Resolves when `send` has taken all of them. All of them fail together; those of other callers
   * only when they must.
   */
  add(items: readonly T[]): Promise<void>;
  /** Sends what waits; what is added afterwards is refused. */
  close(): Promise<void>;
}

export interface BatcherSettings<T> {
  send(items: readonly T[]): Promise<void>;
  /** Items of a batch, unless one call brings more. */
  maxBatchItems: number;
  /**
   * Milliseconds that the first item of a batch waits for others. 0: for the rest of this turn of
   * the event loop, and while a batch is under way.
   */
  lingerMs: number;
  /**
   * Items that may wait. A call that would make it more is refused at once: memory stays bounded
   * while the receiver is away.
   */
  maxQueuedItems: number;
  /** The error of a call that is refused. */
  overflowError(): Error;
  /**
   * Whether a failed batch was no fault of any call in it. Otherwise each call is tried by itself,
   * so that one at fault fails alone.
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
  let waiting = 0;
  let closed = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (calls.length > 0) {
      await (settings.lingerMs > 0 && !closed
        ? new Promise((resolve) => setTimeout(resolve, settings.lingerMs))
        : nextEventLoopTurn());
      await deliver(take());
    }
    running = undefined;
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

  function take(): PendingCall<T>[] {
    let count = 0;
    const end = calls.findIndex(({ items }, index) => {
      count += items.length;
      return index > 0 && count > settings.maxBatchItems;
    });
    const taken = end === -1 ? calls : calls.slice(0, end);
    calls = end === -1 ? [] : calls.slice(end);
    for (const { items } of taken) waiting -= items.length;
    return taken;
  }

  return {
    add(items) {
      if (items.length === 0) return Promise.resolve();
      // However many one call brings, it is taken when nothing else waits.
      if (closed || (waiting > 0 && waiting + items.length > settings.maxQueuedItems))
        return Promise.reject(settings.overflowError());
      waiting += items.length;
      return new Promise((resolve, reject) => {
        calls.push({ items, resolve, reject });
        running ??= run();
      });
    },
    async close() {
      closed = true;
      await running;
    },
  };
}

function nextEventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
