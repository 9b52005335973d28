import { UserError } from "@plinth/local/user-error.ts";
import { parse } from "@plinth/local/validation/check.ts";
import { formatValue } from "@plinth/local/validation/format-value.ts";
import type { PlacedTenant } from "@plinth/providers/clients/citus/placement-plan.ts";
import type { BrokerQuota } from "@plinth/providers/clients/kafka/quotas.ts";
import { countIds, formatTenantIds, type IdRange, parseTenantIds } from "@plinth/providers/tenancy/ids.ts";
import { type Tenant, tenantRule } from "./declaration-rule.ts";

/** Tenants with the same settings; no tenant is in two declarations. */
export interface TenantDeclaration {
  /** Ascending ranges that neither overlap nor touch. */
  ids: IdRange[];
  /** Limits of each tenant's connections to the broker. @default none */
  broker?: BrokerQuota;
  /** Where the tenant's rows are. @default where Citus placed them */
  placement?: TenantPlacement;
  /**
   * `isolated`: the tenant gets a cache user that reaches its keys alone. `shared`: services
   * connect for it. @default "shared"
   */
  cache: "shared" | "isolated";
}

/**
 * `worker`: from 0, as in `citus-worker-0`. `isolate`: the tenant gets a separate shard; otherwise
 * the other tenants of its shard move with it. @default false
 */
export type TenantPlacement = Omit<PlacedTenant, "tenant">;

/** A cache user takes about 2 KiB of the cache, a quota about as much of the broker. */
const MAX_TENANTS_WITH_SETTINGS = 200_000;

/**
 * Reads the configuration key `tenants`: "10001,20000-29999", or a list (as such or as JSON) of
 * ids, ranges and entries `{ ids, broker?, placement?, cache? }`.
 *
 * @throws UserError naming the entry, counted from 0, and what it must be
 */
export function parseTenants(configured: unknown): TenantDeclaration[] {
  const entries = listEntries(configured).map(([where, entry]) => ({ where, ...parseEntry(entry, where) }));
  const declarations = [...Map.groupBy(entries, settingsKey).values()].map(mergeDeclarations);
  rejectContradictions(entries, declarations);
  rejectTooMany(declarations);
  return declarations.sort((a, b) => a.ids[0]![0] - b.ids[0]![0]);
}

/** The ids of all tenants in these declarations. */
export function declaredIds(declarations: readonly TenantDeclaration[]): IdRange[] {
  return declarations.length === 0 ? [] : parseTenantIds(declarations.map(({ ids }) => formatTenantIds(ids)).join(","));
}

/** Each entry with its place. */
function listEntries(configured: unknown): [where: string, entry: unknown][] {
  if (typeof configured === "string" && configured.trimStart().startsWith("["))
    return listEntries(parseJson(configured));
  if (typeof configured === "string" || typeof configured === "number") return [["tenants", configured]];
  if (Array.isArray(configured) && configured.length > 0)
    return configured.map((entry, index) => [`tenants[${index}]`, entry]);
  throw new UserError(
    `tenants is ${formatValue(configured)}, but must be ids, as in "10001,20000-29999", ` +
      "or a list of them and of { ids, … }",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`tenants starts like a list, but is not JSON: ${(error as Error).message}`);
  }
}

function parseEntry(entry: unknown, where: string): TenantDeclaration {
  if (typeof entry === "number" || typeof entry === "string") return { ids: parseIds(entry, where), cache: "shared" };
  const { ids, broker, placement, cache = "shared" } = parse(tenantRule, entry, { where, what: "a tenant" });
  return {
    ids: parseIds(ids, `${where}.ids`),
    ...(broker !== undefined && { broker: sortQuota(broker) }),
    ...(placement !== undefined && { placement: parsePlacement(placement, ids, `${where}.placement`) }),
    cache,
  };
}

/** Reads ids as {@link parseTenantIds} does, and names the place in its errors. */
function parseIds(value: Tenant["ids"], where: string): IdRange[] {
  try {
    return parseTenantIds([value].flat().join(","));
  } catch (error) {
    throw new UserError((error as Error).message.replace(/^tenants/, where));
  }
}

/** Equal quotas have equal JSON, whatever order their fields were written in. */
function sortQuota(quota: BrokerQuota): BrokerQuota {
  return Object.fromEntries(Object.entries(quota).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parsePlacement(
  { worker, isolate = false }: NonNullable<Tenant["placement"]>,
  ids: Tenant["ids"],
  where: string,
): TenantPlacement {
  const range = [ids]
    .flat()
    .flatMap((item) => String(item).split(","))
    .find((item) => item.includes("-"));
  if (range !== undefined)
    throw new UserError(
      `${where} is given for the range "${range.trim()}", but tenants are moved one by one: name single ids`,
    );
  return { worker, isolate };
}

type Entry = TenantDeclaration & { where: string };

/** Entries with equal keys declare the same settings; their fields have a fixed order. */
const settingsKey = ({ where: _, ids: __, ...settings }: Entry) => JSON.stringify(settings);

function mergeDeclarations(same: Entry[]): TenantDeclaration {
  const { where: _, ...declaration } = same[0]!;
  return { ...declaration, ids: declaredIds(same) };
}

/** Ranges overlap only between declarations, whose settings differ. */
function rejectContradictions(entries: Entry[], declarations: TenantDeclaration[]): void {
  let reached = 0;
  for (const [first, last] of declarations.flatMap(({ ids }) => ids).sort(([a], [b]) => a - b)) {
    if (first <= reached) {
      const places = entries
        .filter(({ ids }) => ids.some(([from, to]) => from <= first && first <= to))
        .map(({ where }) => where);
      throw new UserError(
        `tenants: ${first} is in ${places.join(" and in ")}, with different settings: name each tenant once`,
      );
    }
    reached = Math.max(reached, last);
  }
}

function rejectTooMany(declarations: TenantDeclaration[]): void {
  // Throws when there are too many in all.
  declaredIds(declarations);
  const withSettings = declarations.filter(({ broker, cache }) => broker !== undefined || cache === "isolated");
  const count = countIds(withSettings.flatMap(({ ids }) => ids));
  if (count > MAX_TENANTS_WITH_SETTINGS)
    throw new UserError(
      `tenants: ${count} have a quota or a cache user, but at most ${MAX_TENANTS_WITH_SETTINGS} may have one`,
    );
}
