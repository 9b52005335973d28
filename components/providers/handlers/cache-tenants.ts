import "./orphan-watch.ts";
import { isDeepStrictEqual } from "node:util";
import type { Redis } from "ioredis";
import type { CacheTenantsInputs as Inputs, CacheTenantsOutputs as Outputs } from "../cache-tenants.ts";
import type { Handler } from "../dynamic.ts";
import { countIds, eachId, formatTenantIds, parseTenantIds, rangesOf } from "../tenant-ids.ts";
import { tenantName } from "../tenant-names.ts";
import { findUsers, fingerprints, removeUsers, saveUsers, setUsers } from "./cache-users.ts";
import { failures, isUnknown, reasonOf } from "./faults.ts";
import { tell } from "./plan.ts";
import { cacheUrlMistake, withRedis } from "./redis.ts";
import { Unreachable, unlessUnreachable } from "./unreachable.ts";

/** A plan looks whether the users are still there, but does not wait for a cache that does not run. */
const LOOK_MS = 2_000;
const LEAVE_MS = 5_000;

/** Users of the cache, one a tenant. `deadlineMs`: how long a cache that does not answer is waited for. */
export function cacheTenants({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  return {
    async check(_olds, news) {
      return { inputs: news, failures: failures(findMistakes(news)) };
    },
    /** A cache that keeps its users in memory alone loses them with a restart: that is work for `up`, although nobody changed anything. */
    async diff(_id, olds, news) {
      if (!sameUsers(olds, news) || olds.tenants !== news.tenants) return { changes: true };
      const missing = await countMissing(news, Math.min(deadlineMs, LOOK_MS));
      if (missing > 0) tell(`${missing} of ${olds.users} users of tenants are not in the cache any more; they will be made again`);
      return { changes: missing > 0 };
    },
    async create(inputs) {
      return { id: "cache-tenants", outs: await withRedis(inputs, deadlineMs, (redis) => converge(redis, undefined, inputs)) };
    },
    async update(_id, olds, news) {
      return { outs: await withRedis(news, deadlineMs, (redis) => converge(redis, olds, news)) };
    },
    async read(id, props) {
      const tenants = await withRedis(props, deadlineMs, (redis) => observe(redis, props));
      const { users: _, durable: __, rules: ___, ...inputs } = props;
      return { id: tenants === "" ? "" : id, props: { ...props, tenants, users: count(tenants) }, inputs: { ...inputs, tenants } };
    },
    async delete(_id, props) {
      await unlessUnreachable(
        () => withRedis(props, Math.min(deadlineMs, LEAVE_MS), (redis) => remove(redis, idsOf(props.tenants))),
        `users of tenants ${props.tenants} stay in the cache`,
      );
    },
  };
}

export const handler = cacheTenants();

/** Whether a user that was right before is right now. */
function sameUsers(olds: Inputs, news: Inputs): boolean {
  return (["cacheUrl", "cluster", "secret", "providerVersion"] as const).every((key) => isDeepStrictEqual(olds[key], news[key]));
}

async function countMissing(inputs: Inputs, deadlineMs: number): Promise<number> {
  try {
    const found = await withRedis(inputs, deadlineMs, findUsers);
    return idsOf(inputs.tenants).filter((id) => !found.has(tenantName(id))).length;
  } catch (error) {
    // Whether it serves again is not known before `up` has brought it back, and then the next plan looks again.
    if (error instanceof Unreachable) return 0;
    throw error;
  }
}

/** Writes the users that are new or missing: `refresh` has taken those that are not as they should be out of `olds`. */
async function converge(redis: Redis, olds: Outputs | undefined, news: Inputs): Promise<Outputs> {
  const ids = idsOf(news.tenants);
  const found = await findUsers(redis);
  const right = new Set(olds && sameUsers(olds, news) ? idsOf(olds.tenants) : []);
  const wrong = ids.filter((id) => !right.has(id) || !found.has(tenantName(id)));
  const wanted = new Set(ids);
  const left = olds === undefined ? [] : idsOf(olds.tenants).filter((id) => !wanted.has(id) && found.has(tenantName(id)));
  await setUsers(redis, news.secret, wrong);
  await removeUsers(redis, left);
  const durable = olds === undefined || wrong.length + left.length > 0 ? await saveUsers(redis) : olds.durable;
  const rules = (await fingerprints(redis, news.secret, ids.slice(0, 1))).get(ids[0]!) ?? "";
  return { ...news, users: ids.length, durable, rules };
}

async function remove(redis: Redis, ids: number[]): Promise<void> {
  const found = await findUsers(redis);
  const there = ids.filter((id) => found.has(tenantName(id)));
  await removeUsers(redis, there);
  if (there.length > 0) await saveUsers(redis);
}

/** Which of the declared tenants have the very user they are to have. */
async function observe(redis: Redis, props: Outputs): Promise<string> {
  const found = await fingerprints(redis, props.secret, idsOf(props.tenants));
  return formatTenantIds(rangesOf([...found].filter(([, rules]) => rules === props.rules).map(([id]) => id)));
}

const idsOf = (tenants: string) => eachId(parse(tenants));
const count = (tenants: string) => countIds(parse(tenants));
const parse = (tenants: string) => (tenants === "" ? [] : parseTenantIds(tenants));

function findMistakes({ cacheUrl, tenants, secret }: Inputs): string[] {
  const mistake = isUnknown(cacheUrl) ? undefined : cacheUrlMistake(cacheUrl);
  const reasons = mistake === undefined ? [] : [mistake];
  if (!isUnknown(secret) && secret.length < 16)
    reasons.push("the secret of the tenants' passwords is too short: 16 characters or more are needed");
  try {
    if (!isUnknown(tenants)) parseTenantIds(tenants);
  } catch (error) {
    reasons.push(reasonOf(error));
  }
  return reasons;
}
