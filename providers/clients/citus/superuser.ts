import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import { errorCode } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { withDatabase } from "../postgres/database.ts";

/** How to connect to each node as the superuser. */
export interface SuperuserAccess {
  /** `postgresql://superuser:password@coordinator:port/…` */
  adminUrl: string;
  cluster?: ClusterAccess | undefined;
  /** The adminUrl of the last run, for nodes that do not have a new password yet. */
  previousUrl?: string | undefined;
}

export interface NodeAddress {
  /** @default the host of adminUrl */
  host?: string;
  port: number;
  database: string;
}

/** Runs `work` on a new connection as the superuser. */
export type SuperuserSession = <T>(work: (client: Client) => Promise<T>) => Promise<T>;

/**
 * Runs `work`, which must be safe to repeat, as the superuser of one node, and for that node only.
 */
export async function withSuperuser<T>(
  admin: SuperuserAccess,
  node: NodeAddress,
  deadlineMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { adminUrl, previousUrl, cluster } = admin;
  const run = (url: string) =>
    withDatabase({ url: urlFor(url, node), cluster }, deadlineMs, async (client) => {
      // Otherwise the coordinator repeats statements about roles on its workers, which may not have
      // joined yet. Plain PostgreSQL ignores the setting.
      await client.query("set citus.enable_ddl_propagation = off");
      return work(client);
    });
  if (previousUrl === undefined || previousUrl === adminUrl) return run(adminUrl);
  // Tries the new password again at the end: another run may set it between the two tries.
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
  const address = new URL(url);
  if (host !== undefined) address.hostname = host;
  address.port = String(port);
  address.pathname = `/${encodeURIComponent(database)}`;
  return address.href;
}

/** `withDatabase` ends its sentence with the SQLSTATE, which is 28P01 for a wrong password. */
const isWrongPassword = (error: unknown) => error instanceof UserError && error.message.endsWith("(28P01)");

export function superuserCredentials(adminUrl: string): { user: string; password: string } {
  const { username, password } = new URL(adminUrl);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * Takes an advisory lock that the connection holds until it ends. An interrupted run holds its lock
 * until the server has finished its last statement.
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
