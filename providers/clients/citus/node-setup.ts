import type { Client } from "pg";
import type { CitusNodesInputs } from "../../citus-nodes.ts";
import { inTransaction } from "../postgres/database.ts";
import { matchesVerifier, scramVerifier } from "../postgres/scram.ts";
import { acquireSessionLock, type SuperuserAccess, superuserCredentials, withSuperuser } from "./superuser.ts";

/**
 * Role, database, extension and the passwords by which nodes reach each other, on one node; only
 * what differs is written. None of it travels between nodes by itself: roles must be there before a
 * node is joined, and pg_dist_authinfo never is synchronised. Returns the version of the extension,
 * undefined on plain PostgreSQL.
 */
export async function prepareNode(
  admin: SuperuserAccess,
  host: string | undefined,
  inputs: CitusNodesInputs,
  deadlineMs: number,
): Promise<string | undefined> {
  const { port, database } = inputs;
  const at = { ...(host !== undefined && { host }), port };
  const superuser = superuserCredentials(admin.adminUrl);
  await withSuperuser(admin, { ...at, database: "postgres" }, deadlineMs, async (client) => {
    // Not a transaction, in which no database can be made.
    await acquireSessionLock(client, "plinth:citus-roles", deadlineMs);
    await prepareRoles(client, inputs, superuser);
    await prepareDatabase(client, inputs);
  });
  return withSuperuser(admin, { ...at, database }, deadlineMs, async (client) => {
    await acquireSessionLock(client, "plinth:citus-extension", deadlineMs);
    const version = await prepareExtension(client);
    const passwords = { [superuser.user]: superuser.password, [inputs.user]: inputs.password };
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
  { user, password }: CitusNodesInputs,
  superuser: ReturnType<typeof superuserCredentials>,
): Promise<void> {
  const { rows } = await client.query<Role>(
    `select rolname as name, rolpassword as stored, rolcanlogin and not rolsuper and not rolbypassrls as modest
     from pg_authid where rolname = any($1)`,
    [[user, superuser.user]],
  );
  const roleOf = (wanted: string) => rows.find(({ name }) => name === wanted);
  const app = roleOf(user);
  const fresh = app === undefined || !matchesVerifier(password, app.stored);
  if (fresh || !app.modest) {
    const secret = fresh ? ` password ${client.escapeLiteral(scramVerifier(password))}` : "";
    const verb = app === undefined ? "create" : "alter";
    await client.query(`${verb} role ${client.escapeIdentifier(user)} login nosuperuser nobypassrls${secret}`);
  }
  if (matchesVerifier(superuser.password, roleOf(superuser.user)?.stored ?? null)) return;
  await client.query(
    `alter role ${client.escapeIdentifier(superuser.user)} password ${client.escapeLiteral(scramVerifier(superuser.password))}`,
  );
}

async function prepareDatabase(client: Client, { user, database }: CitusNodesInputs): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    "select pg_get_userbyid(datdba) as owner from pg_database where datname = $1",
    [database],
  );
  const [name, owner] = [client.escapeIdentifier(database), client.escapeIdentifier(user)];
  if (rows[0] === undefined) await client.query(`create database ${name} owner ${owner}`);
  else if (rows[0].owner !== user) await client.query(`alter database ${name} owner to ${owner}`);
}

/**
 * Returns its version. After an upgrade of the image the library is newer than the extension, which
 * then refuses nearly everything.
 */
async function prepareExtension(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ newest: string; installed: string | null }>(
    "select default_version as newest, installed_version as installed from pg_available_extensions where name = 'citus'",
  );
  const found = rows[0];
  if (found === undefined) return undefined;
  if (found.installed === null) await client.query("create extension if not exists citus");
  else if (found.installed !== found.newest) await client.query("alter extension citus update");
  return found.newest;
}

/**
 * Node 0 stands for every node, -1 for a node's connections to itself. A trigger of the table makes
 * all sessions forget the former ones.
 */
async function writeNodePasswords(client: Client, passwords: Record<string, string>): Promise<void> {
  const wanted = Object.entries(passwords).flatMap(([role, password]) =>
    [0, -1].map((node) => ({ node, role, info: formatAuthinfo(password) })),
  );
  const { rows } = await client.query<{ node: number; role: string; info: string }>(
    "select nodeid as node, rolename as role, authinfo as info from pg_dist_authinfo",
  );
  const missing = wanted.filter(
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

/** In the quotes of a libpq connection string. */
const formatAuthinfo = (password: string) => `password='${password.replace(/[\\']/g, "\\$&")}'`;
