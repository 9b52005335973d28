import { createHash } from "node:crypto";
import { UserError } from "@plinth/local/user-error.ts";
import type { Redis } from "ioredis";
import { tenantKeyPrefix, tenantName, tenantPassword } from "../../tenancy/names.ts";

/**
 * What a tenant's user may do, besides what the pattern of its keys and channels says. Granted one
 * by one and not "all but the dangerous ones": what names no key is not held by the pattern, and a
 * later server may bring more of that kind. Left out on purpose: SCAN, RANDOMKEY, DBSIZE and CLIENT
 * TRACKING tell of other tenants' keys, PUBSUB of their channels; a script can hold up the server
 * for all, and functions are shared; SELECT and everything about the server, its users and other
 * connections. AUTH, HELLO, QUIT and RESET cannot be withheld: the boundary is as strong as the
 * password of the default user, which a connection is before AUTH and after RESET.
 */
const TENANT_ACL_RULES = [
  "-@all",
  ...[
    "string",
    "hash",
    "list",
    "set",
    "sortedset",
    "stream",
    "bitmap",
    "hyperloglog",
    "geo",
    "transaction",
    "pubsub",
  ].map((kind) => `+@${kind}`),
  ...["-@admin", "-@dangerous", "-@scripting", "-pubsub"],
  ..."del unlink exists type touch expire pexpire expireat pexpireat expiretime pexpiretime ttl pttl persist rename renamenx copy object"
    .split(" ")
    .map((command) => `+${command}`),
  ...["+ping", "+echo", "+client|id", "+client|getname", "+client|setname"],
];

/** Users in a pipeline: the server answers others in between. */
const PIPELINE_SIZE = 100;

/** The server keeps and tells this; the password itself does not travel. */
const hashPassword = (secret: string, id: number) =>
  createHash("sha256").update(tenantPassword(secret, id)).digest("hex");

/** Names of all users that there are: a short answer, even for many. */
export async function listUsers(redis: Redis): Promise<Set<string>> {
  return new Set((await sendAclCommands(redis, [["USERS"]]))[0] as string[]);
}

/** Makes the user of each tenant exactly what it is to be, whatever it was. */
export async function setUsers(redis: Redis, secret: string, ids: readonly number[]): Promise<void> {
  await sendAclCommands(
    redis,
    ids.map((id) => {
      const prefix = tenantKeyPrefix(id);
      return [
        "SETUSER",
        tenantName(id),
        "reset",
        "on",
        `#${hashPassword(secret, id)}`,
        `~${prefix}*`,
        "resetchannels",
        `&${prefix}*`,
        ...TENANT_ACL_RULES,
      ];
    }),
  );
}

/** Ends their connections, too. Those that are not there are passed by. */
export async function deleteUsers(redis: Redis, ids: readonly number[]): Promise<void> {
  const commands = [];
  for (let start = 0; start < ids.length; start += 1_000)
    commands.push(["DELUSER", ...ids.slice(start, start + 1_000).map(tenantName)]);
  await sendAclCommands(redis, commands);
}

/**
 * A fingerprint of what the server says of each user, by tenant, the same for all that differ in
 * nothing but their own password, keys and channels; undefined for one that is not there. Servers
 * spell the same rules differently, so only fingerprints of one server can be compared. Each user
 * is asked for on its own: Redis before 7.2 takes a millisecond for each, and would answer nobody
 * else while it lists them all.
 */
export async function fingerprintUsers(
  redis: Redis,
  secret: string,
  ids: readonly number[],
): Promise<Map<number, string | undefined>> {
  const answers = await sendAclCommands(
    redis,
    ids.map((id) => ["GETUSER", tenantName(id)]),
  );
  return new Map(
    ids.map((id, index) => [id, answers[index] === null ? undefined : fingerprintUser(answers[index], secret, id)]),
  );
}

function fingerprintUser(answer: unknown, secret: string, id: number): string {
  const [hash, prefix] = [hashPassword(secret, id), tenantKeyPrefix(id)];
  const own = new Map([
    [hash, "own password"],
    [`~${prefix}*`, "own keys"],
    [`&${prefix}*`, "own channels"],
  ]);
  const text = JSON.stringify(answer, (_key, value: unknown) =>
    typeof value === "string" ? (own.get(value) ?? value) : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Writes the users to the server's file. False where it has none: then they are lost when it
 * restarts.
 */
export async function saveUsers(redis: Redis): Promise<boolean> {
  try {
    await sendAclCommands(redis, [["SAVE"]]);
    return true;
  } catch (error) {
    if (/not configured to use an ACL file/.test((error as Error).message)) return false;
    throw error;
  }
}

async function sendAclCommands(redis: Redis, commands: string[][]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (let start = 0; start < commands.length; start += PIPELINE_SIZE) {
    const pipeline = redis.pipeline();
    for (const command of commands.slice(start, start + PIPELINE_SIZE)) pipeline.call("ACL", ...command);
    for (const [error, answer] of (await pipeline.exec()) ?? []) {
      if (error) throw toUserError(error);
      answers.push(answer);
    }
  }
  return answers;
}

function toUserError(error: Error): Error {
  if (/^NOPERM/.test(error.message))
    return new UserError(
      `the cache's user may not administer users: give it '+acl', or tenants the setting cache: shared (${error.message})`,
    );
  if (/unknown command|unsupported|not (allowed|supported)/i.test(error.message))
    return new UserError(
      `the cache knows no users: give tenants the setting cache: shared, or choose a server with ACLs (${error.message})`,
    );
  return error;
}
