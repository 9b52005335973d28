import { setImmediate } from "node:timers";
import { ServiceError } from "./errors.ts";

export interface GroupCommitSettings<Item> {
  /**
   * Writes items of one group in one transaction: all of them, or none when it rejects. May be called again with fewer of them, so it must
   * not have kept anything of a call that failed.
   */
  write(group: number, items: readonly Item[]): Promise<unknown>;
  /** Items of one transaction. @default 256 */
  most?: number;
}

/** Writes that wait for each other's transaction instead of each making its own. */
export interface GroupCommit<Item> {
  /** Resolves once the item is committed; rejects with what its own write failed with. */
  add(group: number, item: Item): Promise<void>;
}

interface Waiting<Item> {
  item: Item;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * While a group's transaction is under way, what comes meanwhile is gathered, and makes up the next one: a commit costs the same for one row as
 * for fifty. Alone, an item waits for nobody. A group (a tenant) has one transaction at a time; different groups do not wait for each other.
 *
 * One item that the database refuses must not fail the others of its transaction: each is then written by itself. Not so when the database is
 * away, or was lost while it committed: nobody knows then what is written, and all of them are told so.
 */
export function createGroupCommit<Item>({ write, most = 256 }: GroupCommitSettings<Item>): GroupCommit<Item> {
  const open = new Map<number, Waiting<Item>[]>();

  async function run(group: number, waiting: Waiting<Item>[]): Promise<void> {
    while (waiting.length > 0) await commit(group, waiting.splice(0, most));
    // Nothing is added in between: the map forgets a group that has nothing left to write.
    open.delete(group);
  }

  async function commit(group: number, members: readonly Waiting<Item>[]): Promise<void> {
    try {
      await write(
        group,
        members.map(({ item }) => item),
      );
      for (const { resolve } of members) resolve();
    } catch (error) {
      const [only, ...others] = members;
      if (others.length === 0) only?.reject(error);
      else if (error instanceof ServiceError && error.status >= 500) for (const { reject } of members) reject(error);
      else for (const member of members) await commit(group, [member]);
    }
  }

  return {
    add(group, item) {
      return new Promise((resolve, reject) => {
        const member: Waiting<Item> = { item, resolve, reject };
        const others = open.get(group);
        if (others) {
          others.push(member);
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
