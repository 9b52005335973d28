import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import { errorCode } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { withDatabase } from "../postgres/database.ts";

/** How the superuser comes to each node. */
export interface SuperuserAccess {
  /** `postgresql://superuser:password@coordinator:port/…` */
  adminUrl: string;
  cluster?: ClusterAccess | undefined;
  /**
   * As adminUrl was before: nodes that do not have the new password yet are reached with the former
   * one.
   */
  previousUrl?: string | undefined;
}

export interface NodeAddress {
  /** @default that of adminUrl */
  host?: string;
  port: number;
  database: string;
}

/** Runs one piece of work on a connection of its own. */
export type SuperuserSession = <T>(work: (client: Client) => Promise<T>) => Promise<T>;

/**
 * Runs `work`, which must be safe to repeat, as the superuser. Statements hold for the one node
 * that they are sent to.
 */
export async function withSuperuser<T>(
  admin: SuperuserAccess,
  place: NodeAddress,
  deadlineMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { adminUrl, previousUrl, cluster } = admin;
  const run = (url: string) =>
    withDatabase({ url: urlFor(url, place), cluster }, deadlineMs, async (client) => {
      // Otherwise what the coordinator is told of roles, it tells its workers, which may not be
      // joined yet. Unknown to plain PostgreSQL, and harmless.
      await client.query("set citus.enable_ddl_propagation = off");
      return work(client);
    });
  if (previousUrl === undefined || previousUrl === adminUrl) return run(adminUrl);
  // Once more at the end: another run may change it between the first two.
  for (const url of [adminUrl, previousUrl]) {
    try {
      return await run(url);
    } catch (error) {
      if (!isWrongPassword(error)) throw error;
    }
  }
  return run(adminUrl);
}

function urlFor(url: string, { host, port, database }: NodeAddress): string {
  const at = new URL(url);
  if (host !== undefined) at.hostname = host;
  at.port = String(port);
  at.pathname = `/${encodeURIComponent(database)}`;
  return at.href;
}

/** `withDatabase` ends its sentence with the SQLSTATE. */
const isWrongPassword = (error: unknown) => error instanceof UserError && error.message.endsWith("(28P01)");

export function superuserCredentials(adminUrl: string): { user: string; password: string } {
  const { username, password } = new URL(adminUrl);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * Has the connection hold `lock` until it ends; another one that asks for it waits. A run that was
 * cut off holds it as long as the server still works on its last statement.
 */
export async function acquireSessionLock(client: Client, lock: string, waitMs: number): Promise<void> {
  await client.query(`set lock_timeout = ${waitMs}`);
  await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [lock]).catch((error: unknown) => {
    if (errorCode(error) !== "55P03") throw error;
    throw new UserError(
      `another run has been at work on the Citus cluster for ${Math.round(waitMs / 1000)} s: wait for it, or end its session (application_name plinth in pg_stat_activity)`,
    );
  });
  await client.query("reset lock_timeout");
}
