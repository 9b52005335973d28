import type { alterClientQuotasV1 as alter, Connection, describeClientQuotasV1 as describe } from "@platformatic/kafka";
import { UserError } from "@plinth/local/user-error.ts";
import { expandIds, formatTenantIds, parseTenantIds, toRanges } from "../../tenancy/ids.ts";
import { parseTenantName, tenantName } from "../../tenancy/names.ts";
import type { BrokerQuota } from "../../tenant-quotas.ts";
import { splitIntoRequests } from "./topics.ts";

/**
 * The broker's names (KIP-13, KIP-124). Others, that someone else may have set for the same client,
 * are left as they are.
 */
const QUOTA_KEYS = {
  produceBytesPerSecond: "producer_byte_rate",
  consumeBytesPerSecond: "consumer_byte_rate",
  requestPercentage: "request_percentage",
} as const satisfies Record<keyof BrokerQuota, string>;
const QUOTA_NAMES = Object.keys(QUOTA_KEYS) as (keyof BrokerQuota)[];

const CLIENT_ID_ENTITY = "client-id";
const MATCH_ANY = 2;

/** Limits that each tenant has at the broker, by its id: one request for all of them. */
export async function listQuotas(connection: Connection): Promise<Map<number, BrokerQuota>> {
  const { describeClientQuotasV1 } = await import("@platformatic/kafka");
  const { entries } = await describeClientQuotasV1.api.async(
    connection,
    [{ entityType: CLIENT_ID_ENTITY, matchType: MATCH_ANY }],
    true,
  );
  return new Map(
    (entries ?? []).flatMap(({ entity, values }): [number, BrokerQuota][] => {
      const id = parseTenantName(entity[0]?.entityName ?? "");
      return id === undefined ? [] : [[id, toQuota(values)]];
    }),
  );
}

function toQuota(values: describe.DescribeClientQuotasResponseEntry["values"]): BrokerQuota {
  const found = new Map<string, number>(values.map(({ key, value }) => [key, value]));
  return Object.fromEntries(
    QUOTA_NAMES.filter((limit) => found.has(QUOTA_KEYS[limit])).map((limit) => [limit, found.get(QUOTA_KEYS[limit])]),
  );
}

/**
 * Brings the tenants of `wanted` from what was found to what they are to have; `undefined` lifts
 * every limit. Asks for nothing that is there.
 */
export async function alterQuotas(
  connection: Connection,
  found: Map<number, BrokerQuota>,
  wanted: Map<number, BrokerQuota | undefined>,
): Promise<void> {
  const { alterClientQuotasV1, ResponseError } = await import("@platformatic/kafka");
  const entries = [...wanted].flatMap(([id, limits]) => toAlteration(id, found.get(id) ?? {}, limits ?? {}));
  for (const batch of splitIntoRequests(entries, ({ ops }) => ops.length)) {
    await alterClientQuotasV1.api.async(connection, batch, false).catch((error: unknown) => {
      throw error instanceof ResponseError ? toUserError(error) : error;
    });
  }
}

function toAlteration(id: number, from: BrokerQuota, to: BrokerQuota): alter.AlterClientQuotasRequestEntry[] {
  const ops = QUOTA_NAMES.filter((limit) => from[limit] !== to[limit]).map((limit) => {
    const [key, value] = [QUOTA_KEYS[limit], to[limit]];
    return value === undefined ? { key, remove: true as const } : { key, value, remove: false as const };
  });
  return ops.length === 0 ? [] : [{ entities: [{ entityType: CLIENT_ID_ENTITY, entityName: tenantName(id) }], ops }];
}

/** What asks for patience is passed on as it is, so that it is tried again. */
function toUserError(error: AggregateError & { response?: unknown }): Error {
  const { entries } = error.response as {
    entries: { errorCode: number; errorMessage: string | null; entity: { entityName: string | null }[] }[];
  };
  const refused = (error.errors as { canRetry: boolean; path: string; message: string }[]).find(
    ({ canRetry }) => !canRetry,
  );
  if (refused === undefined) return error;
  const entry = entries[Number(refused.path.split("/").at(-1))];
  const hint = /request_percentage/.test(entry?.errorMessage ?? "")
    ? "; Redpanda has limits of bytes alone: leave requestPercentage out"
    : "";
  return new UserError(
    `the broker refused the quota of ${entry?.entity[0]?.entityName}: ${entry?.errorMessage ?? refused.message}${hint}`,
  );
}

/** Limits by id, of `{ "10001,20000-29999": { … } }`. */
export function expandQuotas(quotas: Record<string, BrokerQuota>): Map<number, BrokerQuota> {
  return new Map(
    Object.entries(quotas).flatMap(([ids, limits]) =>
      expandIds(parseTenantIds(ids)).map((id): [number, BrokerQuota] => [id, limits]),
    ),
  );
}

/**
 * The inverse of {@link expandQuotas}: tenants of equal limits together, in the order of their
 * first id. Those without any are left out.
 */
export function groupQuotas(quotas: Iterable<[number, BrokerQuota]>): Record<string, BrokerQuota> {
  const limited = [...quotas].filter(([, limits]) => Object.keys(limits).length > 0).sort(([a], [b]) => a - b);
  const groups = Map.groupBy(limited, ([, limits]) => QUOTA_NAMES.map((limit) => limits[limit] ?? "").join());
  return Object.fromEntries(
    [...groups.values()].map((group) => [formatTenantIds(toRanges(group.map(([id]) => id))), group[0]![1]]),
  );
}
