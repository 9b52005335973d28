import { setImmediate } from "node:timers";
import { kitError, ServiceError } from "../core/errors.ts";

export interface GroupCommitSettings<Item> {
  /**
   * Writes items of one group in one transaction: all of them, or none when it rejects. May be
   * called again with fewer of them, so it must not have kept anything of a call that failed.
   */
  write(group: number, items: readonly Item[]): Promise<unknown>;
  /** Items of one transaction. @default 256 */
  maxItems?: number;
}

/** Writes that wait for each other's transaction instead of each making its own. */
export interface GroupCommit<Item> {
  /**
   * Resolves once the item is committed; rejects with what its own write failed with, or
   * `unavailable` when too many wait or for too long.
   */
  add(group: number, item: Item): Promise<void>;
}

interface PendingItem<Item> {
  item: Item;
  /** By the monotonic clock. */
  since: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * As long as a transaction of its own would wait for a connection: behind a silent database, each
 * transaction of a group takes seconds to fail.
 */
const MAX_WAIT_MS = 2000;
/**
 * Transactions of a group that what waits may fill: each item is a request that is held open, and
 * memory.
 */
const MAX_QUEUED_BATCHES = 16;

/**
 * While a group's transaction is under way, what comes meanwhile is gathered, and makes up the next
 * one: a commit costs the same for one row as for fifty. Alone, an item waits for nobody. A group
 * (a tenant) has one transaction at a time; different groups do not wait for each other.
 *
 * One item that the database refuses must not fail the others of its transaction: each is then
 * written by itself. Not so when the database is away, or was lost while it committed: nobody knows
 * then what is written, and all of them are told so. What has waited too long, or comes when too
 * much waits, is refused unwritten.
 */
export function createGroupCommit<Item>({ write, maxItems = 256 }: GroupCommitSettings<Item>): GroupCommit<Item> {
  const open = new Map<number, PendingItem<Item>[]>();

  async function run(group: number, waiting: PendingItem<Item>[]): Promise<void> {
    while (waiting.length > 0) await commit(group, waiting.splice(0, maxItems));
    // Nothing is added in between: the map forgets a group that has nothing left to write.
    open.delete(group);
  }

  async function commit(group: number, taken: readonly PendingItem<Item>[]): Promise<void> {
    const members = rejectExpired(taken);
    if (members.length === 0) return;
    try {
      await write(
        group,
        members.map(({ item }) => item),
      );
      for (const { resolve } of members) resolve();
    } catch (error) {
      await failed(group, members, error);
    }
  }

  async function failed(group: number, members: readonly PendingItem<Item>[], error: unknown): Promise<void> {
    const [only, ...others] = members;
    if (others.length === 0) only?.reject(error);
    else if (error instanceof ServiceError && error.status >= 500) for (const { reject } of members) reject(error);
    else for (const member of members) await commit(group, [member]);
  }

  return {
    add(group, item) {
      return new Promise((resolve, reject) => {
        const member: PendingItem<Item> = { item, since: performance.now(), resolve, reject };
        const others = open.get(group);
        if (others) {
          if (others.length < MAX_QUEUED_BATCHES * maxItems) others.push(member);
          else reject(overloadedError());
          return;
        }
        const waiting = [member];
        open.set(group, waiting);
        // After this turn of the event loop: requests that were read together are written together.
        setImmediate(() => void run(group, waiting));
      });
    },
  };
}

/** Refuses those that have waited too long. */
function rejectExpired<Item>(taken: readonly PendingItem<Item>[]): PendingItem<Item>[] {
  const earliest = performance.now() - MAX_WAIT_MS;
  for (const { since, reject } of taken) if (since < earliest) reject(overloadedError());
  return taken.filter(({ since }) => since >= earliest);
}

function overloadedError(): ServiceError {
  return kitError("unavailable", "Too much waits for the database; nothing was written, try again.");
}
