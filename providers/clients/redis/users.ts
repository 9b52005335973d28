import { createHash } from "node:crypto";
import { UserError } from "@plinth/local/user-error.ts";
import type { Redis } from "ioredis";
import { tenantKeyPrefix, tenantName, tenantPassword } from "../../tenancy/names.ts";

/**
 * The commands that a tenant's user may run on its keys and channels. They are granted one by one,
 * not as "all but the dangerous ones": the pattern does not limit a command that names no key, and
 * a later server may add such commands. Left out on purpose: SCAN, RANDOMKEY, DBSIZE and CLIENT
 * TRACKING reveal other tenants' keys, PUBSUB their channels; a script can block the server for
 * all, and functions are shared; SELECT, and all commands on the server, its users and other
 * connections. AUTH, HELLO, QUIT and RESET cannot be withheld. So the boundary is as strong as the
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

/** Commands in a pipeline. Between pipelines the server serves other clients. */
const PIPELINE_SIZE = 100;

/** The server stores and reports the hash; the password is never sent. */
const hashPassword = (secret: string, id: number) =>
  createHash("sha256").update(tenantPassword(secret, id)).digest("hex");

/** Lists the names of all users. The answer is short even for many. */
export async function listUsers(redis: Redis): Promise<Set<string>> {
  return new Set((await sendAclCommands(redis, [["USERS"]]))[0] as string[]);
}

/** Sets the user of each tenant to its rules, whatever it was before. */
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

/** Deletes users and ends their connections. Skips users that do not exist. */
export async function deleteUsers(redis: Redis, ids: readonly number[]): Promise<void> {
  const commands = [];
  for (let start = 0; start < ids.length; start += 1_000)
    commands.push(["DELUSER", ...ids.slice(start, start + 1_000).map(tenantName)]);
  await sendAclCommands(redis, commands);
}

/**
 * Fingerprints the rules that the server reports for each user, by tenant; undefined if the user
 * does not exist. Users that differ only in their own password, keys and channels have the same
 * one. Only fingerprints of one server compare, because servers spell the same rules differently.
 * Asks for one user at a time: Redis before 7.2 takes a millisecond each, and would block while it
 * lists them all.
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
  const placeholders = new Map([
    [hash, "own password"],
    [`~${prefix}*`, "own keys"],
    [`&${prefix}*`, "own channels"],
  ]);
  const text = JSON.stringify(answer, (_key, value: unknown) =>
    typeof value === "string" ? (placeholders.get(value) ?? value) : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Saves the users to the server's file. Returns false if it has none: a restart loses them. */
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
