import type { alterClientQuotasV1 as alter, Connection, describeClientQuotasV1 as describe } from "@platformatic/kafka";
import { UserError } from "@plinth/local/user-error.ts";
import { expandIds, formatTenantIds, parseTenantIds, toRanges } from "../../tenancy/ids.ts";
import { parseTenantName, tenantName } from "../../tenancy/names.ts";
import { splitIntoRequests } from "./requests.ts";

/**
 * What a tenant's own connections may take of each broker, which delays them beyond it. A limit
 * that is left out does not apply.
 */
export interface BrokerQuota {
  /** Bytes a second that may be written; a whole number of at least 1. */
  produceBytesPerSecond?: number;
  /** Bytes a second that may be read; a whole number of at least 1. */
  consumeBytesPerSecond?: number;
  /**
   * Time of the broker's threads, 100 for one whole thread; above 0. Apache Kafka only: Redpanda
   * refuses it.
   */
  requestPercentage?: number;
}

/** The broker's names (KIP-13, KIP-124). Other quotas of the same client are left as they are. */
const QUOTA_KEYS = {
  produceBytesPerSecond: "producer_byte_rate",
  consumeBytesPerSecond: "consumer_byte_rate",
  requestPercentage: "request_percentage",
} as const satisfies Record<keyof BrokerQuota, string>;
const QUOTA_NAMES = Object.keys(QUOTA_KEYS) as (keyof BrokerQuota)[];

const CLIENT_ID_ENTITY = "client-id";
const MATCH_ANY = 2;

/** Lists the quotas that tenants have at the broker, by tenant id, in one request. */
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
  const limits = new Map<string, number>(values.map(({ key, value }) => [key, value]));
  return Object.fromEntries(
    QUOTA_NAMES.filter((name) => limits.has(QUOTA_KEYS[name])).map((name) => [name, limits.get(QUOTA_KEYS[name])]),
  );
}

/**
 * Alters the quotas of the tenants in `desired`, if they differ from `current`; undefined lifts
 * every limit.
 */
export async function alterQuotas(
  connection: Connection,
  current: Map<number, BrokerQuota>,
  desired: Map<number, BrokerQuota | undefined>,
): Promise<void> {
  const { alterClientQuotasV1, ResponseError } = await import("@platformatic/kafka");
  const entries = [...desired].flatMap(([id, quota]) => toAlteration(id, current.get(id) ?? {}, quota ?? {}));
  for (const batch of splitIntoRequests(entries, ({ ops }) => ops.length)) {
    await alterClientQuotasV1.api.async(connection, batch, false).catch((error: unknown) => {
      throw error instanceof ResponseError ? toUserError(error) : error;
    });
  }
}

function toAlteration(id: number, from: BrokerQuota, to: BrokerQuota): alter.AlterClientQuotasRequestEntry[] {
  const ops = QUOTA_NAMES.filter((name) => from[name] !== to[name]).map((name) => {
    const [key, value] = [QUOTA_KEYS[name], to[name]];
    return value === undefined ? { key, remove: true as const } : { key, value, remove: false as const };
  });
  return ops.length === 0 ? [] : [{ entities: [{ entityType: CLIENT_ID_ENTITY, entityName: tenantName(id) }], ops }];
}

/** Returns an error that asks to try later as it is, so that the caller retries it. */
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

/** Expands `{ "10001,20000-29999": { … } }` to quotas by tenant id. */
export function expandQuotas(quotas: Record<string, BrokerQuota>): Map<number, BrokerQuota> {
  return new Map(
    Object.entries(quotas).flatMap(([ids, limits]) =>
      expandIds(parseTenantIds(ids)).map((id): [number, BrokerQuota] => [id, limits]),
    ),
  );
}

/**
 * The inverse of {@link expandQuotas}: tenants of equal quotas together, in the order of their
 * first id. Tenants without limits are left out.
 */
export function groupQuotas(quotas: Iterable<[number, BrokerQuota]>): Record<string, BrokerQuota> {
  const limited = [...quotas].filter(([, limits]) => Object.keys(limits).length > 0).sort(([a], [b]) => a - b);
  const groups = Map.groupBy(limited, ([, limits]) => QUOTA_NAMES.map((name) => limits[name] ?? "").join());
  return Object.fromEntries(
    [...groups.values()].map((group) => [formatTenantIds(toRanges(group.map(([id]) => id))), group[0]![1]]),
  );
}
