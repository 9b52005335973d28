import { randomUUID } from "node:crypto";
import type { Cache } from "@plinth/kit/cache/cache.ts";
import { sqlState } from "@plinth/kit/core/database-errors.ts";
import type { Database } from "@plinth/kit/database/database.ts";
import { highloadError } from "../errors.ts";
import type { Page } from "../page.ts";

export interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
}

export interface User extends NewUser {
  id: string;
  /** ISO 8601, UTC. */
  created_at: string;
  updated_at: string;
}

/** What is not named stays as it is. */
export type UserChange = { [Field in keyof NewUser]?: NewUser[Field] | undefined };

export interface UserUseCases {
  /** @throws `email_taken` */
  create(tenantId: number, user: NewUser): Promise<User>;
  /** The JSON of the user, from the cache where it has it. @throws `user_not_found` */
  read(tenantId: number, id: string): Promise<string>;
  /** @throws `user_not_found`, `email_taken` */
  change(tenantId: number, id: string, change: UserChange): Promise<User>;
  /** @throws `user_not_found` */
  remove(tenantId: number, id: string): Promise<void>;
  list(tenantId: number, page: Page): Promise<User[]>;
}

type UserRow = NewUser & { id: string; created_at: Date; updated_at: Date };

const COLUMNS = "id, email, first_name, last_name, created_at, updated_at";
const CACHED_SECONDS = 60;
const UNIQUE_VIOLATION = "23505";

/**
 * Reads a user through the cache, and has the cache forget one before and after it is changed.
 * After, so that nobody who read the old row can cache it any more: the key takes no value for
 * longer than a query can last (see `Cache.forget`). Before as well, for a process that is killed
 * between its commit and the second one. What is left is a cache that cannot be told because it is
 * away: a value is then as old as its 60 s.
 */
export function createUserUseCases(database: Database, cache: Cache): UserUseCases {
  const keyOf = (tenantId: number, id: string) => `user:${tenantId}:${id}`;

  async function forgotten<T>(tenantId: number, id: string, write: () => Promise<T>): Promise<T> {
    const key = keyOf(tenantId, id);
    await cache.invalidate(key);
    try {
      return await write();
    } finally {
      // Also after a failure: a commit whose answer was lost may have happened.
      await cache.invalidate(key);
    }
  }

  return {
    async create(tenantId, { email, first_name, last_name }) {
      const [id, now] = [randomUUID(), new Date()];
      await database
        .withTenant(tenantId, (transaction) =>
          transaction.query({
            name: "user-create",
            text: `insert into users (tenant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $6)`,
            values: [tenantId, id, email, first_name, last_name, now],
          }),
        )
        .catch(rethrowEmailTaken);
      const at = now.toISOString();
      return { id, email, first_name, last_name, created_at: at, updated_at: at };
    },

    read(tenantId, id) {
      const load = async () => {
        const { rows } = await database.withTenant(tenantId, (transaction) =>
          transaction.query<UserRow>({
            name: "user-read",
            text: `select ${COLUMNS} from users where tenant_id = $1 and id = $2`,
            values: [tenantId, id],
          }),
        );
        return rows[0] && JSON.stringify(toUser(rows[0]));
      };
      return cache.getOrLoad(keyOf(tenantId, id), CACHED_SECONDS, load).then((json) => json ?? userNotFound(id));
    },

    change(tenantId, id, { email, first_name, last_name }) {
      return forgotten(tenantId, id, async () => {
        const { rows } = await database
          .withTenant(tenantId, (transaction) =>
            transaction.query<UserRow>({
              name: "user-change",
              text: `update users set email = coalesce($3, email), first_name = coalesce($4, first_name), last_name = coalesce($5, last_name), updated_at = $6
                     where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
              values: [tenantId, id, email, first_name, last_name, new Date()],
            }),
          )
          .catch(rethrowEmailTaken);
        return rows[0] ? toUser(rows[0]) : userNotFound(id);
      });
    },

    remove(tenantId, id) {
      return forgotten(tenantId, id, async () => {
        const { rowCount } = await database.withTenant(tenantId, (transaction) =>
          transaction.query({
            name: "user-remove",
            text: "delete from users where tenant_id = $1 and id = $2",
            values: [tenantId, id],
          }),
        );
        if (rowCount === 0) userNotFound(id);
      });
    },

    async list(tenantId, { limit, offset }) {
      const { rows } = await database.withTenant(tenantId, (transaction) =>
        transaction.query<UserRow>({
          name: "user-list",
          text: `select ${COLUMNS} from users where tenant_id = $1 order by created_at desc, id desc limit $2 offset $3`,
          values: [tenantId, limit, offset],
        }),
      );
      return rows.map(toUser);
    },
  };
}

function toUser({ created_at, updated_at, ...user }: UserRow): User {
  return { ...user, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() };
}

function rethrowEmailTaken(error: unknown): never {
  if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
  throw highloadError("email_taken", "A user with this email exists already.", { cause: error });
}

function userNotFound(id: string): never {
  throw highloadError("user_not_found", `There is no user ${id}.`);
}
