import { sqlState } from "@plinth/kit/core/database-errors.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { highloadError } from "../errors.ts";
import type { Page } from "../page.ts";
import { type Listed, selectNewestFirst } from "./newest-first.ts";

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

/** Fields that are absent stay as they are. */
export type UserChange = { [Field in keyof NewUser]?: NewUser[Field] | undefined };

type UserRow = NewUser & { id: string; created_at: Date; updated_at: Date };

const COLUMNS = "id, email, first_name, last_name, created_at, updated_at";
const USER_LIST = { name: "user-list", table: "users", columns: COLUMNS };
const UNIQUE_VIOLATION = "23505";

/** Its transaction needs {@link toEmailTaken}. */
export async function insertUser(
  transaction: Transaction,
  tenantId: number,
  { id, email, first_name, last_name }: NewUser & { id: string },
  createdAt: Date,
): Promise<void> {
  await transaction.query({
    name: "user-create",
    text: `insert into users (tenant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $6)`,
    values: [tenantId, id, email, first_name, last_name, createdAt],
  });
}

/** Returns undefined if the tenant has no such user. */
export async function selectUser(transaction: Transaction, tenantId: number, id: string): Promise<User | undefined> {
  const { rows } = await transaction.query<UserRow>({
    name: "user-read",
    text: `select ${COLUMNS} from users where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  });
  return rows[0] && toUser(rows[0]);
}

/**
 * Returns undefined if the tenant has no such user. Its transaction needs
 * {@link toEmailTaken}.
 */
export async function updateUser(
  transaction: Transaction,
  tenantId: number,
  id: string,
  { email, first_name, last_name }: UserChange,
  updatedAt: Date,
): Promise<User | undefined> {
  const { rows } = await transaction.query<UserRow>({
    name: "user-change",
    text: `update users set email = coalesce($3, email), first_name = coalesce($4, first_name), last_name = coalesce($5, last_name), updated_at = $6
                     where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
    values: [tenantId, id, email, first_name, last_name, updatedAt],
  });
  return rows[0] && toUser(rows[0]);
}

/** Returns false if the tenant has no such user. */
export async function deleteUser(transaction: Transaction, tenantId: number, id: string): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: "user-remove",
    text: "delete from users where tenant_id = $1 and id = $2",
    values: [tenantId, id],
  });
  return rowCount !== 0;
}

/** Newest first. */
export async function selectUsers(transaction: Transaction, tenantId: number, page: Page): Promise<Listed<User>> {
  const { items, last } = await selectNewestFirst<UserRow>(transaction, USER_LIST, tenantId, page);
  return { items: items.map(toUser), last };
}

function toUser({ created_at, updated_at, ...user }: UserRow): User {
  return { ...user, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() };
}

/**
 * `email_taken`, or any other error as it is. For the whole transaction's failure, so that the
 * pool's metrics count the violated constraint.
 */
export function toEmailTaken(error: unknown): unknown {
  if (sqlState(error) !== UNIQUE_VIOLATION) return error;
  return highloadError("email_taken", "A user with this email exists already.", { cause: error });
}
