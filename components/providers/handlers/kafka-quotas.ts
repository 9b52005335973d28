import type { alterClientQuotasV1 as alter, Connection, describeClientQuotasV1 as describe } from "@platformatic/kafka";
import { eachId, formatTenantIds, parseTenantIds, rangesOf } from "../tenant-ids.ts";
import { tenantName, tenantOf } from "../tenant-names.ts";
import type { BrokerQuota } from "../tenant-quotas.ts";
import { Refusal } from "./faults.ts";
import { inBatches } from "./kafka-cluster.ts";

/** The broker's names (KIP-13, KIP-124). Others, that someone else may have set for the same client, are left as they are. */
const KEYS = {
  produceBytesPerSecond: "producer_byte_rate",
  consumeBytesPerSecond: "consumer_byte_rate",
  requestPercentage: "request_percentage",
} as const satisfies Record<keyof BrokerQuota, string>;
const LIMITS = Object.keys(KEYS) as (keyof BrokerQuota)[];

const CLIENT_ID = "client-id";
const ANY_NAME = 2;

/** Limits that each tenant has at the broker, by its id: one request for all of them. */
export async function findQuotas(connection: Connection): Promise<Map<number, BrokerQuota>> {
  const { describeClientQuotasV1 } = await import("@platformatic/kafka");
  const { entries } = await describeClientQuotasV1.api.async(connection, [{ entityType: CLIENT_ID, matchType: ANY_NAME }], true);
  return new Map(
    (entries ?? []).flatMap(({ entity, values }): [number, BrokerQuota][] => {
      const id = tenantOf(entity[0]?.entityName ?? "");
      return id === undefined ? [] : [[id, limitsOf(values)]];
    }),
  );
}

function limitsOf(values: describe.DescribeClientQuotasResponseEntry["values"]): BrokerQuota {
  const found = new Map<string, number>(values.map(({ key, value }) => [key, value]));
  return Object.fromEntries(LIMITS.filter((limit) => found.has(KEYS[limit])).map((limit) => [limit, found.get(KEYS[limit])]));
}

/** Brings the tenants of `wanted` from what was found to what they are to have; `undefined` lifts every limit. Asks for nothing that is there. */
export async function alterQuotas(
  connection: Connection,
  found: Map<number, BrokerQuota>,
  wanted: Map<number, BrokerQuota | undefined>,
): Promise<void> {
  const { alterClientQuotasV1, ResponseError } = await import("@platformatic/kafka");
  const entries = [...wanted].flatMap(([id, limits]) => change(id, found.get(id) ?? {}, limits ?? {}));
  for (const batch of inBatches(entries, ({ ops }) => ops.length)) {
    await alterClientQuotasV1.api.async(connection, batch, false).catch((error: unknown) => {
      throw error instanceof ResponseError ? explain(error) : error;
    });
  }
}

function change(id: number, from: BrokerQuota, to: BrokerQuota): alter.AlterClientQuotasRequestEntry[] {
  const ops = LIMITS.filter((limit) => from[limit] !== to[limit]).map((limit) => {
    const [key, value] = [KEYS[limit], to[limit]];
    return value === undefined ? { key, remove: true as const } : { key, value, remove: false as const };
  });
  return ops.length === 0 ? [] : [{ entities: [{ entityType: CLIENT_ID, entityName: tenantName(id) }], ops }];
}

/** What asks for patience is passed on as it is, so that it is tried again. */
function explain(error: AggregateError & { response?: unknown }): Error {
  const { entries } = error.response as {
    entries: { errorCode: number; errorMessage: string | null; entity: { entityName: string | null }[] }[];
  };
  const refused = (error.errors as { canRetry: boolean; path: string; message: string }[]).find(({ canRetry }) => !canRetry);
  if (refused === undefined) return error;
  const entry = entries[Number(refused.path.split("/").at(-1))];
  const hint = /request_percentage/.test(entry?.errorMessage ?? "")
    ? "; Redpanda has limits of bytes alone: leave requestPercentage out"
    : "";
  return new Refusal(`the broker refused the quota of ${entry?.entity[0]?.entityName}: ${entry?.errorMessage ?? refused.message}${hint}`);
}

/** Limits by id, of `{ "10001,20000-29999": { … } }`. */
export function quotasById(quotas: Record<string, BrokerQuota>): Map<number, BrokerQuota> {
  return new Map(
    Object.entries(quotas).flatMap(([ids, limits]) => eachId(parseTenantIds(ids)).map((id): [number, BrokerQuota] => [id, limits])),
  );
}

/** The inverse of {@link quotasById}: tenants of equal limits together, in the order of their first id. Those without any are left out. */
export function quotasByIds(quotas: Iterable<[number, BrokerQuota]>): Record<string, BrokerQuota> {
  const limited = [...quotas].filter(([, limits]) => Object.keys(limits).length > 0).sort(([a], [b]) => a - b);
  const groups = Map.groupBy(limited, ([, limits]) => LIMITS.map((limit) => limits[limit] ?? "").join());
  return Object.fromEntries([...groups.values()].map((group) => [formatTenantIds(rangesOf(group.map(([id]) => id))), group[0]![1]]));
}
