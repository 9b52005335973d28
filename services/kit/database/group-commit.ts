import { setImmediate } from "node:timers";
import { isInstance } from "../core/caught-value.ts";
import { kitError, ServiceError } from "../core/errors.ts";

export interface GroupCommitSettings<Item> {
  /**
   * Writes items of one group in one transaction: all of them, or none if it rejects. A failed call
   * is repeated for each item alone, so it must leave nothing behind.
   */
  write(group: number, items: readonly Item[]): Promise<unknown>;
  /** Most items of one transaction. @default 256 */
  maxItems?: number;
}

/** Gathers concurrent writes into shared transactions. */
export interface GroupCommit<Item> {
  /**
   * Resolves once the item is committed; rejects with the error of its own write, or with
   * `unavailable` if too many items wait or this one waited too long.
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
 * As long as a single transaction waits for a connection. Behind a silent database each transaction
 * of a group takes seconds to fail.
 */
const MAX_WAIT_MS = 2000;
/**
 * Transactions of a group that waiting items may fill. Each item holds a request open, and memory.
 */
const MAX_QUEUED_BATCHES = 16;

/**
 * Gathers the items that arrive during a group's transaction into the next one: a commit costs the
 * same for one row as for fifty. A single item does not wait. A group (a tenant) has one
 * transaction at a time; groups do not wait for each other.
 *
 * If the database refuses a transaction, each of its items is written alone, so that only the
 * faulty one fails. If the database is away or was lost during the commit, all fail: it is unknown
 * what was written. Items that waited too long, or arrive while too many wait, are refused
 * unwritten.
 */
export function createGroupCommit<Item>({ write, maxItems = 256 }: GroupCommitSettings<Item>): GroupCommit<Item> {
  const open = new Map<number, PendingItem<Item>[]>();

  async function run(group: number, waiting: PendingItem<Item>[]): Promise<void> {
    while (waiting.length > 0) await commit(group, waiting.splice(0, maxItems));
    // Runs right after the check, so no item is added in between.
    open.delete(group);
  }

  async function commit(group: number, batch: readonly PendingItem<Item>[]): Promise<void> {
    const members = rejectExpired(batch);
    if (members.length === 0) return;
    try {
      await write(
        group,
        members.map(({ item }) => item),
      );
      for (const { resolve } of members) resolve();
    } catch (error) {
      await handleFailure(group, members, error);
    }
  }

  async function handleFailure(group: number, members: readonly PendingItem<Item>[], error: unknown): Promise<void> {
    const [only, ...others] = members;
    if (others.length === 0) only?.reject(error);
    else if (isInstance(error, ServiceError) && error.status >= 500) for (const { reject } of members) reject(error);
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
        // Requests that were read in this turn of the event loop are written together.
        setImmediate(() => void run(group, waiting));
      });
    },
  };
}

/** Rejects items that waited too long and returns the others. */
function rejectExpired<Item>(batch: readonly PendingItem<Item>[]): PendingItem<Item>[] {
  const earliest = performance.now() - MAX_WAIT_MS;
  for (const { since, reject } of batch) if (since < earliest) reject(overloadedError());
  return batch.filter(({ since }) => since >= earliest);
}

function overloadedError(): ServiceError {
  return kitError("unavailable", "Too much waits for the database; nothing was written, try again.");
}
