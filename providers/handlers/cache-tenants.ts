import { isDeepStrictEqual } from "node:util";
import type { Redis } from "ioredis";
import type { CacheTenantsInputs as Inputs, CacheTenantsOutputs as Outputs } from "../cache-tenants.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import { errorReason, UnreachableError } from "../clients/errors.ts";
import { cacheUrlError, withRedis } from "../clients/redis/connection.ts";
import { deleteUsers, fingerprintUsers, listUsers, saveUsers, setUsers } from "../clients/redis/users.ts";
import type { Handler } from "../dynamic-resource.ts";
import { countIds, expandIds, formatTenantIds, parseTenantIds, toRanges } from "../tenancy/ids.ts";
import { tenantName } from "../tenancy/names.ts";
import { CACHE_PREVIEW_TIMEOUT_MS, DELETE_TIMEOUT_MS } from "./host/deadlines.ts";
import { isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";
import { skipIfUnreachable } from "./host/unreachable.ts";

/**
 * Creates the handler of the tenants' users of the cache.
 *
 * @param options.deadlineMs how long to wait for a cache that does not answer
 */
export function createCacheTenantsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  return endingWithItsServer({
    async check(_olds, news) {
      return { inputs: news, failures: toCheckFailures(findInputErrors(news)) };
    },
    /** A cache that keeps its users only in memory loses them on restart: `up` then has work. */
    async diff(_id, olds, news) {
      if (!haveSameUsers(olds, news) || olds.tenants !== news.tenants) return { changes: true };
      const missing = await countMissingUsers(news, Math.min(deadlineMs, CACHE_PREVIEW_TIMEOUT_MS));
      if (missing > 0)
        printDiagnostic(
          `${missing} of ${olds.users} users of tenants are not in the cache any more; they will be created again`,
        );
      return { changes: missing > 0 };
    },
    async create(inputs) {
      return {
        id: "cache-tenants",
        outs: await withRedis(inputs, deadlineMs, (redis) => reconcileUsers(redis, undefined, inputs)),
      };
    },
    async update(_id, olds, news) {
      return { outs: await withRedis(news, deadlineMs, (redis) => reconcileUsers(redis, olds, news)) };
    },
    async read(id, props) {
      const tenants = await withRedis(props, deadlineMs, (redis) => findMatchingTenants(redis, props));
      const { users: _, durable: __, rules: ___, ...inputs } = props;
      return {
        id: tenants === "" ? "" : id,
        props: { ...props, tenants, users: countTenants(tenants) },
        inputs: { ...inputs, tenants },
      };
    },
    async delete(_id, props) {
      await skipIfUnreachable(
        () =>
          withRedis(props, Math.min(deadlineMs, DELETE_TIMEOUT_MS), (redis) =>
            deleteUsersOf(redis, parseIds(props.tenants)),
          ),
        `users of tenants ${props.tenants} stay in the cache`,
      );
    },
  });
}

export const handler = createCacheTenantsHandler();

/** True if the same inputs lead to the same users. */
function haveSameUsers(olds: Inputs, news: Inputs): boolean {
  return (["cacheUrl", "cluster", "secret", "providerVersion"] as const).every((key) =>
    isDeepStrictEqual(olds[key], news[key]),
  );
}

async function countMissingUsers(inputs: Inputs, deadlineMs: number): Promise<number> {
  try {
    const users = await withRedis(inputs, deadlineMs, listUsers);
    return parseIds(inputs.tenants).filter((id) => !users.has(tenantName(id))).length;
  } catch (error) {
    // `up` starts a cache that does not run, and the next plan looks again.
    if (error instanceof UnreachableError) return 0;
    throw error;
  }
}

/** Writes the new and missing users. `refresh` has taken users that differ out of `olds`. */
async function reconcileUsers(redis: Redis, olds: Outputs | undefined, news: Inputs): Promise<Outputs> {
  const ids = parseIds(news.tenants);
  const users = await listUsers(redis);
  const unchanged = new Set(olds && haveSameUsers(olds, news) ? parseIds(olds.tenants) : []);
  const outdated = ids.filter((id) => !unchanged.has(id) || !users.has(tenantName(id)));
  const declared = new Set(ids);
  const undeclared =
    olds === undefined ? [] : parseIds(olds.tenants).filter((id) => !declared.has(id) && users.has(tenantName(id)));
  await setUsers(redis, news.secret, outdated);
  await deleteUsers(redis, undeclared);
  const hasWritten = outdated.length + undeclared.length > 0;
  const durable = olds === undefined || hasWritten ? await saveUsers(redis) : olds.durable;
  const rules = (await fingerprintUsers(redis, news.secret, ids.slice(0, 1))).get(ids[0]!) ?? "";
  return { ...news, users: ids.length, durable, rules };
}

async function deleteUsersOf(redis: Redis, ids: number[]): Promise<void> {
  const users = await listUsers(redis);
  const existing = ids.filter((id) => users.has(tenantName(id)));
  await deleteUsers(redis, existing);
  if (existing.length > 0) await saveUsers(redis);
}

/** Finds the declared tenants whose user is as this provider sets it. */
async function findMatchingTenants(redis: Redis, props: Outputs): Promise<string> {
  const fingerprints = await fingerprintUsers(redis, props.secret, parseIds(props.tenants));
  return formatTenantIds(toRanges([...fingerprints].filter(([, rules]) => rules === props.rules).map(([id]) => id)));
}

const parseIds = (tenants: string) => expandIds(parseRanges(tenants));
const countTenants = (tenants: string) => countIds(parseRanges(tenants));
const parseRanges = (tenants: string) => (tenants === "" ? [] : parseTenantIds(tenants));

function findInputErrors({ cacheUrl, tenants, secret }: Inputs): string[] {
  const mistake = isUnknown(cacheUrl) ? undefined : cacheUrlError(cacheUrl);
  const reasons = mistake === undefined ? [] : [mistake];
  if (!isUnknown(secret) && secret.length < 16)
    reasons.push("the secret of the tenants' passwords is too short: 16 characters or more are needed");
  try {
    if (!isUnknown(tenants)) parseTenantIds(tenants);
  } catch (error) {
    reasons.push(errorReason(error));
  }
  return reasons;
}
