import { randomUUID } from "node:crypto";
import type { Cache } from "@plinth/kit/cache/cache.ts";
import type { Database } from "@plinth/kit/database/database.ts";
import { type IdempotentResult, runIdempotent } from "@plinth/kit/database/idempotency.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { normalizeEmail } from "../email.ts";
import { highloadError } from "../errors.ts";
import type { HighloadMetrics } from "../metrics.ts";
import type { Page } from "../page.ts";
import type { Listed } from "../sql/newest-first.ts";
import {
  deleteUser,
  insertUser,
  type NewUser,
  selectUser,
  selectUsers,
  toEmailTaken,
  type User,
  type UserChange,
  updateUser,
} from "../sql/users.ts";

/** What every change of a user knows about its request. */
export interface RequestContext {
  tenantId: number;
  idempotencyKey: string | undefined;
}

export interface UserUseCases {
  /** @throws `email_taken` */
  create(context: RequestContext, user: NewUser): Promise<IdempotentResult<User>>;
  /** Returns the user's JSON, from the cache if it is there. @throws `user_not_found` */
  read(tenantId: number, id: string): Promise<string>;
  /** @throws `user_not_found`, `email_taken` */
  change(context: RequestContext, id: string, change: UserChange): Promise<IdempotentResult<User>>;
  /** @throws `user_not_found` */
  remove(context: RequestContext, id: string): Promise<IdempotentResult<void>>;
  list(tenantId: number, page: Page): Promise<Listed<User>>;
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
    async create({ tenantId, idempotencyKey: key }, { email, first_name, last_name }) {
      const now = new Date();
      const user = { id: randomUUID(), email: normalizeEmail(email), first_name, last_name };
      const request = ["user", user.email, first_name, last_name];
      const create = async (transaction: Transaction): Promise<User> => {
        await insertUser(transaction, tenantId, user, now);
        return { ...user, created_at: now.toISOString(), updated_at: now.toISOString() };
      };
      const outcome = await runIdempotent(database, { tenantId, key, request }, create, toEmailTaken);
      if (!outcome.replayed) metrics.usersCreated.inc();
      return outcome;
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

    change({ tenantId, idempotencyKey: key }, id, fields) {
      const change = fields.email === undefined ? fields : { ...fields, email: normalizeEmail(fields.email) };
      const { email = null, first_name = null, last_name = null } = change;
      const request = ["user-change", id, email, first_name, last_name];
      const write = async (transaction: Transaction) =>
        (await updateUser(transaction, tenantId, id, change, new Date())) ?? throwUserNotFound(id);
      return invalidateAround(tenantId, id, () =>
        runIdempotent(database, { tenantId, key, request }, write, toEmailTaken),
      );
    },

    remove({ tenantId, idempotencyKey: key }, id) {
      const write = async (transaction: Transaction) => {
        if (!(await deleteUser(transaction, tenantId, id))) throwUserNotFound(id);
      };
      return invalidateAround(tenantId, id, () =>
        runIdempotent(database, { tenantId, key, request: ["user-removal", id] }, write),
      );
    },

    list(tenantId, page) {
      return database.withTenant(tenantId, (transaction) => selectUsers(transaction, tenantId, page));
    },
  };
}

function throwUserNotFound(id: string): never {
  throw highloadError("user_not_found", `There is no user ${id}.`);
}
