/** Shares the connections of a pool among tenants. */
export interface PoolShares {
  /**
   * Resolves to a function that gives the turn back, once the tenant may take a connection.
   *
   * @param tenant 0 for work that belongs to none
   * @throws the settings' error after `timeoutMs`
   */
  acquire(tenant: number): Promise<() => void> | (() => void);
  /** Turns that are waited for. */
  readonly waiting: number;
}

export interface PoolSharesSettings {
  /** Connections of the pool. */
  size: number;
  /** How long a turn is waited for. */
  timeoutMs: number;
  timeoutError(): Error;
}

interface Waiter {
  resolve(release: () => void): void;
  timer: NodeJS.Timeout;
}

/**
 * A tenant may hold so many times the connections that are then left for others: alone 12 of 16,
 * and beside another busy one 7.
 */
const SHARE_OF_FREE = 3;
/** A smaller pool has no connection to spare. */
const SMALLEST_SHARED = 4;

/**
 * Lets no tenant with slow statements take all connections. A statement cannot be interrupted, so
 * some connections have to be free before another tenant comes. Turns that come back go to the
 * waiting tenant that holds the fewest, and of those to the one that waits longest.
 */
export function createPoolShares({ size, timeoutMs, timeoutError }: PoolSharesSettings): PoolShares {
  const held = new Map<number, number>();
  /** In the order in which the tenants came. */
  const queues = new Map<number, Waiter[]>();
  let free = size;
  let waiting = 0;

  const heldBy = (tenant: number) => held.get(tenant) ?? 0;
  function mayTake(tenant: number): boolean {
    const own = heldBy(tenant);
    return free > 0 && (own === 0 || size < SMALLEST_SHARED || own + 1 <= SHARE_OF_FREE * (free - 1));
  }

  function take(tenant: number): () => void {
    free--;
    held.set(tenant, heldBy(tenant) + 1);
    let returned = false;
    return () => {
      if (returned) return;
      returned = true;
      free++;
      const left = heldBy(tenant) - 1;
      if (left === 0) held.delete(tenant);
      else held.set(tenant, left);
      if (waiting > 0) serveWaiting();
    };
  }

  function serveWaiting(): void {
    for (let next = nextTenant(); next !== undefined; next = nextTenant()) {
      const queue = queues.get(next) as Waiter[];
      const waiter = queue.shift() as Waiter;
      queues.delete(next);
      // Behind the others that wait.
      if (queue.length > 0) queues.set(next, queue);
      waiting--;
      clearTimeout(waiter.timer);
      waiter.resolve(take(next));
    }
  }

  function nextTenant(): number | undefined {
    if (free === 0) return undefined;
    let best: number | undefined;
    for (const tenant of queues.keys())
      if (mayTake(tenant) && (best === undefined || heldBy(tenant) < heldBy(best))) best = tenant;
    return best;
  }

  function wait(tenant: number): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const queue = queues.get(tenant) ?? [];
      const waiter: Waiter = {
        resolve,
        timer: setTimeout(() => {
          queue.splice(queue.indexOf(waiter), 1);
          if (queue.length === 0 && queues.get(tenant) === queue) queues.delete(tenant);
          waiting--;
          reject(timeoutError());
        }, timeoutMs),
      };
      queue.push(waiter);
      queues.set(tenant, queue);
      waiting++;
    });
  }

  return {
    acquire: (tenant) => (!queues.has(tenant) && mayTake(tenant) ? take(tenant) : wait(tenant)),
    get waiting() {
      return waiting;
    },
  };
}
