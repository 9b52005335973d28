import type { Client } from "pg";
import { inTransaction } from "../postgres/database.ts";
import { matchesVerifier, scramVerifier } from "../postgres/scram.ts";
import { acquireSessionLock, type SuperuserAccess, superuserCredentials, withSuperuser } from "./superuser.ts";

/** The database that a cluster distributes, and the role that owns it. */
export interface ApplicationDatabase {
  user: string;
  password: string;
  database: string;
  /** TCP port of every node. */
  port: number;
}

/**
 * Prepares role, database, extension and the passwords by which nodes reach each other on one node,
 * and writes only what differs. Citus copies none of it: roles must exist before a node joins, and
 * pg_dist_authinfo is never synchronised.
 *
 * @param host of the node; undefined for the host of `adminUrl`
 * @returns version of the extension, undefined on plain PostgreSQL
 */
export async function prepareNode(
  admin: SuperuserAccess,
  host: string | undefined,
  application: ApplicationDatabase,
  deadlineMs: number,
): Promise<string | undefined> {
  const { port, database } = application;
  const node = { ...(host !== undefined && { host }), port };
  const superuser = superuserCredentials(admin.adminUrl);
  await withSuperuser(admin, { ...node, database: "postgres" }, deadlineMs, async (client) => {
    // Outside a transaction, because `create database` refuses to run in one.
    await acquireSessionLock(client, "plinth:citus-roles", deadlineMs);
    await prepareRoles(client, application, superuser);
    await prepareDatabase(client, application);
  });
  return withSuperuser(admin, { ...node, database }, deadlineMs, async (client) => {
    await acquireSessionLock(client, "plinth:citus-extension", deadlineMs);
    const version = await prepareExtension(client);
    const passwords = { [superuser.user]: superuser.password, [application.user]: application.password };
    if (version !== undefined) await inTransaction(client, undefined, () => writeNodePasswords(client, passwords));
    return version;
  });
}

interface Role {
  name: string;
  stored: string | null;
  modest: boolean;
}

async function prepareRoles(
  client: Client,
  { user, password }: ApplicationDatabase,
  superuser: ReturnType<typeof superuserCredentials>,
): Promise<void> {
  const { rows } = await client.query<Role>(
    `select rolname as name, rolpassword as stored, rolcanlogin and not rolsuper and not rolbypassrls as modest
     from pg_authid where rolname = any($1)`,
    [[user, superuser.user]],
  );
  const findRole = (role: string) => rows.find(({ name }) => name === role);
  const app = findRole(user);
  const needsPassword = app === undefined || !matchesVerifier(password, app.stored);
  if (needsPassword || !app.modest) {
    const secret = needsPassword ? ` password ${client.escapeLiteral(scramVerifier(password))}` : "";
    const verb = app === undefined ? "create" : "alter";
    await client.query(`${verb} role ${client.escapeIdentifier(user)} login nosuperuser nobypassrls${secret}`);
  }
  if (matchesVerifier(superuser.password, findRole(superuser.user)?.stored ?? null)) return;
  await client.query(
    `alter role ${client.escapeIdentifier(superuser.user)} password ${client.escapeLiteral(scramVerifier(superuser.password))}`,
  );
}

async function prepareDatabase(client: Client, { user, database }: ApplicationDatabase): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    "select pg_get_userbyid(datdba) as owner from pg_database where datname = $1",
    [database],
  );
  const [name, owner] = [client.escapeIdentifier(database), client.escapeIdentifier(user)];
  if (rows[0] === undefined) await client.query(`create database ${name} owner ${owner}`);
  else if (rows[0].owner !== user) await client.query(`alter database ${name} owner to ${owner}`);
}

/**
 * Creates or updates the extension and returns its version. After an upgrade of the image the
 * library is newer than the extension, which then refuses nearly every statement.
 */
async function prepareExtension(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ newest: string; installed: string | null }>(
    "select default_version as newest, installed_version as installed from pg_available_extensions where name = 'citus'",
  );
  const extension = rows[0];
  if (extension === undefined) return undefined;
  const { installed, newest } = extension;
  if (installed === null) await client.query("create extension if not exists citus");
  else if (installed !== newest) await client.query("alter extension citus update");
  return newest;
}

/**
 * Writes the passwords by which this node reaches the others (node 0) and itself (node -1). A
 * trigger of the table has all sessions read them again.
 */
async function writeNodePasswords(client: Client, passwords: Record<string, string>): Promise<void> {
  const entries = Object.entries(passwords).flatMap(([role, password]) =>
    [0, -1].map((node) => ({ node, role, info: formatAuthinfo(password) })),
  );
  const { rows } = await client.query<{ node: number; role: string; info: string }>(
    "select nodeid as node, rolename as role, authinfo as info from pg_dist_authinfo",
  );
  const missing = entries.filter(
    ({ node, role, info }) => !rows.some((row) => row.node === node && row.role === role && row.info === info),
  );
  for (const { node, role, info } of missing) {
    await client.query("delete from pg_dist_authinfo where nodeid = $1 and rolename = $2", [node, role]);
    await client.query("insert into pg_dist_authinfo (nodeid, rolename, authinfo) values ($1, $2, $3)", [
      node,
      role,
      info,
    ]);
  }
}

/** Quotes the password as a libpq connection string does. */
const formatAuthinfo = (password: string) => `password='${password.replace(/[\\']/g, "\\$&")}'`;
