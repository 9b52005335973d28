import { randomUUID } from "node:crypto";
import type { Cache } from "@plinth/kit/cache/cache.ts";
import type { Database } from "@plinth/kit/database/database.ts";
import { highloadError } from "../errors.ts";
import type { HighloadMetrics } from "../metrics.ts";
import type { Page } from "../page.ts";
import {
  deleteUser,
  insertUser,
  type NewUser,
  rethrowEmailTaken,
  selectUser,
  selectUsers,
  type User,
  type UserChange,
  updateUser,
} from "../sql/users.ts";

export interface UserUseCases {
  /** @throws `email_taken` */
  create(tenantId: number, user: NewUser): Promise<User>;
  /** Returns the user's JSON, from the cache if it is there. @throws `user_not_found` */
  read(tenantId: number, id: string): Promise<string>;
  /** @throws `user_not_found`, `email_taken` */
  change(tenantId: number, id: string, change: UserChange): Promise<User>;
  /** @throws `user_not_found` */
  remove(tenantId: number, id: string): Promise<void>;
  list(tenantId: number, page: Page): Promise<User[]>;
}

const CACHED_SECONDS = 60;

/** Reads go through the cache; a change invalidates the cached user before and after it. */
export function createUserUseCases(
  database: Database,
  cache: Cache,
  metrics: Pick<HighloadMetrics, "usersCreated">,
): UserUseCases {
  const cacheKey = (tenantId: number, id: string) => `user:${tenantId}:${id}`;

  /**
   * Invalidates after the change, so that a reader of the old row cannot cache it any more (see
   * `Cache.invalidate`), and before it, for a process killed between commit and invalidation. Only
   * while Redis is away can a value be as old as {@link CACHED_SECONDS}.
   */
  async function invalidateAround<T>(tenantId: number, id: string, write: () => Promise<T>): Promise<T> {
    const key = cacheKey(tenantId, id);
    await cache.invalidate(key);
    try {
      return await write();
    } finally {
      // Also after a failure: a commit may have taken effect though its answer was lost.
      await cache.invalidate(key);
    }
  }

  return {
    async create(tenantId, { email, first_name, last_name }) {
      const [id, now] = [randomUUID(), new Date()];
      const user = { id, email, first_name, last_name };
      await database
        .withTenant(tenantId, (transaction) => insertUser(transaction, tenantId, user, now))
        .catch(rethrowEmailTaken);
      metrics.usersCreated.inc();
      const createdAt = now.toISOString();
      return { ...user, created_at: createdAt, updated_at: createdAt };
    },

    read(tenantId, id) {
      const load = async () => {
        const user = await database.withTenant(tenantId, (transaction) => selectUser(transaction, tenantId, id));
        return user && JSON.stringify(user);
      };
      return cache
        .getOrLoad(cacheKey(tenantId, id), CACHED_SECONDS, load)
        .then((json) => json ?? throwUserNotFound(id));
    },

    change(tenantId, id, change) {
      return invalidateAround(tenantId, id, async () => {
        const user = await database
          .withTenant(tenantId, (transaction) => updateUser(transaction, tenantId, id, change, new Date()))
          .catch(rethrowEmailTaken);
        return user ?? throwUserNotFound(id);
      });
    },

    remove(tenantId, id) {
      return invalidateAround(tenantId, id, async () => {
        const removed = await database.withTenant(tenantId, (transaction) => deleteUser(transaction, tenantId, id));
        if (!removed) throwUserNotFound(id);
      });
    },

    list(tenantId, page) {
      return database.withTenant(tenantId, (transaction) => selectUsers(transaction, tenantId, page));
    },
  };
}

function throwUserNotFound(id: string): never {
  throw highloadError("user_not_found", `There is no user ${id}.`);
}
