import "./host/orphan-watch.ts";
import { isDeepStrictEqual } from "node:util";
import type { Redis } from "ioredis";
import type { CacheTenantsInputs as Inputs, CacheTenantsOutputs as Outputs } from "../cache-tenants.ts";
import { errorReason, UnreachableError } from "../clients/errors.ts";
import { cacheUrlError, withRedis } from "../clients/redis/connection.ts";
import { deleteUsers, fingerprintUsers, listUsers, saveUsers, setUsers } from "../clients/redis/users.ts";
import type { Handler } from "../dynamic-resource.ts";
import { countIds, expandIds, formatTenantIds, parseTenantIds, toRanges } from "../tenancy/ids.ts";
import { tenantName } from "../tenancy/names.ts";
import { CACHE_PREVIEW_TIMEOUT_MS, DELETE_TIMEOUT_MS } from "./host/deadlines.ts";
import { printDiagnostic } from "./host/diagnostics.ts";
import { isUnknown, toCheckFailures } from "./host/inputs.ts";
import { skipIfUnreachable } from "./host/unreachable.ts";

/**
 * Users of the cache, one a tenant. `deadlineMs`: how long a cache that does not answer is waited
 * for.
 */
export function createCacheTenantsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  return {
    async check(_olds, news) {
      return { inputs: news, failures: toCheckFailures(findInputErrors(news)) };
    },
    /**
     * A cache that keeps its users in memory alone loses them with a restart: that is work for
     * `up`, although nobody changed anything.
     */
    async diff(_id, olds, news) {
      if (!haveSameUsers(olds, news) || olds.tenants !== news.tenants) return { changes: true };
      const missing = await countMissingUsers(news, Math.min(deadlineMs, CACHE_PREVIEW_TIMEOUT_MS));
      if (missing > 0)
        printDiagnostic(
          `${missing} of ${olds.users} users of tenants are not in the cache any more; they will be made again`,
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
  };
}

export const handler = createCacheTenantsHandler();

/** Whether a user that was right before is right now. */
function haveSameUsers(olds: Inputs, news: Inputs): boolean {
  return (["cacheUrl", "cluster", "secret", "providerVersion"] as const).every((key) =>
    isDeepStrictEqual(olds[key], news[key]),
  );
}

async function countMissingUsers(inputs: Inputs, deadlineMs: number): Promise<number> {
  try {
    const found = await withRedis(inputs, deadlineMs, listUsers);
    return parseIds(inputs.tenants).filter((id) => !found.has(tenantName(id))).length;
  } catch (error) {
    // Whether it serves again is not known before `up` has brought it back, and then the next plan
    // looks again.
    if (error instanceof UnreachableError) return 0;
    throw error;
  }
}

/**
 * Writes the users that are new or missing: `refresh` has taken those that are not as they should
 * be out of `olds`.
 */
async function reconcileUsers(redis: Redis, olds: Outputs | undefined, news: Inputs): Promise<Outputs> {
  const ids = parseIds(news.tenants);
  const found = await listUsers(redis);
  const right = new Set(olds && haveSameUsers(olds, news) ? parseIds(olds.tenants) : []);
  const wrong = ids.filter((id) => !right.has(id) || !found.has(tenantName(id)));
  const wanted = new Set(ids);
  const left =
    olds === undefined ? [] : parseIds(olds.tenants).filter((id) => !wanted.has(id) && found.has(tenantName(id)));
  await setUsers(redis, news.secret, wrong);
  await deleteUsers(redis, left);
  const durable = olds === undefined || wrong.length + left.length > 0 ? await saveUsers(redis) : olds.durable;
  const rules = (await fingerprintUsers(redis, news.secret, ids.slice(0, 1))).get(ids[0]!) ?? "";
  return { ...news, users: ids.length, durable, rules };
}

async function deleteUsersOf(redis: Redis, ids: number[]): Promise<void> {
  const found = await listUsers(redis);
  const there = ids.filter((id) => found.has(tenantName(id)));
  await deleteUsers(redis, there);
  if (there.length > 0) await saveUsers(redis);
}

/** Which of the declared tenants have the very user they are to have. */
async function findMatchingTenants(redis: Redis, props: Outputs): Promise<string> {
  const found = await fingerprintUsers(redis, props.secret, parseIds(props.tenants));
  return formatTenantIds(toRanges([...found].filter(([, rules]) => rules === props.rules).map(([id]) => id)));
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
