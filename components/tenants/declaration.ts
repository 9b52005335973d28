import type { PlacedTenant } from "@plinth/providers/clients/citus/placement-plan.ts";
import type { BrokerQuota } from "@plinth/providers/clients/kafka/quotas.ts";
import { countIds, formatTenantIds, type IdRange, parseTenantIds } from "@plinth/providers/tenancy/ids.ts";
import { checkFields, isRecord, oneOf, optional, type Rule, wholeNumber } from "../base/validation.ts";

/** Tenants that are to have the same; no tenant is in two declarations. */
export interface TenantDeclaration {
  /** Ascending ranges that neither overlap nor touch. */
  ids: IdRange[];
  /** Limits of each tenant's own connections to the broker. @default none */
  broker?: BrokerQuota;
  /** Where the tenant's rows are. @default where Citus has put them */
  placement?: TenantPlacement;
  /**
   * `isolated`: the tenant has a cache user of its own, which reaches its own keys alone. @default
   * "shared", through the services' connections
   */
  cache: "shared" | "isolated";
}

/**
 * `worker`: from 0, as in `citus-worker-0`. `isolate`, false by default: its own shard;
 * otherwise all tenants of its shard move along.
 */
export type TenantPlacement = Omit<PlacedTenant, "tenant">;

/** A user of the cache takes about 2 KiB of it, a quota about as much of the broker. */
const MAX_TENANTS_WITH_SETTINGS = 200_000;

const anyValue: Rule = [() => true, "anything"];
const bytesPerSecond = optional(wholeNumber(1, Number.MAX_SAFE_INTEGER));
/** Each nested value is judged on its own, at its own place. */
const TENANT_RULES: Record<string, Rule> = {
  ids: anyValue,
  broker: anyValue,
  placement: anyValue,
  cache: optional(oneOf("shared", "isolated")),
};
const QUOTA_RULES: Record<keyof BrokerQuota, Rule> = {
  produceBytesPerSecond: bytesPerSecond,
  consumeBytesPerSecond: bytesPerSecond,
  requestPercentage: optional([
    (value) => typeof value === "number" && value > 0,
    "a number above 0 (100 is one thread of a broker)",
  ]),
};
const PLACEMENT_RULES: Record<keyof TenantPlacement, Rule> = {
  worker: wholeNumber(0, 999),
  isolate: optional([(value) => typeof value === "boolean", "true or false"]),
};

/**
 * Reads the configuration key `tenants`: "10001,20000-29999", or a list (as such or as JSON) of
 * ids, ranges and entries `{ ids, broker?, placement?, cache? }`. Throws one sentence: what is
 * wrong, where in the list, counted from 0, and what is allowed.
 */
export function parseTenants(configured: unknown): TenantDeclaration[] {
  const entries = listEntries(configured).map(([where, entry]) => ({ where, ...parseEntry(entry, where) }));
  const declarations = [...Map.groupBy(entries, settingsKey).values()].map(mergeDeclarations);
  rejectContradictions(entries, declarations);
  rejectTooMany(declarations);
  return declarations.sort((a, b) => a.ids[0]![0] - b.ids[0]![0]);
}

/** All tenants of these. */
export function declaredIds(declarations: readonly TenantDeclaration[]): IdRange[] {
  return declarations.length === 0 ? [] : parseTenantIds(declarations.map(({ ids }) => formatTenantIds(ids)).join(","));
}

/** Each entry and where it is. */
function listEntries(configured: unknown): [where: string, entry: unknown][] {
  if (typeof configured === "string" && configured.trimStart().startsWith("["))
    return listEntries(parseJson(configured));
  if (typeof configured === "string" || typeof configured === "number") return [["tenants", configured]];
  if (Array.isArray(configured) && configured.length > 0)
    return configured.map((entry, index) => [`tenants[${index}]`, entry]);
  throw new Error(
    `tenants is ${formatValue(configured)}, but must be ids, as in "10001,20000-29999", or a list of them and of { ids, … }`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`tenants starts like a list, but is not JSON: ${(error as Error).message}`);
  }
}

function parseEntry(entry: unknown, where: string): TenantDeclaration {
  if (typeof entry === "number" || typeof entry === "string") return { ids: parseIds(entry, where), cache: "shared" };
  const { ids, broker, placement, cache } = parseFields(entry, where, "a tenant", TENANT_RULES);
  return {
    ids: parseIds(ids, `${where}.ids`),
    ...(broker !== undefined && { broker: parseQuota(broker, `${where}.broker`) }),
    ...(placement !== undefined && { placement: parsePlacement(placement, ids, `${where}.placement`) }),
    cache: cache === "isolated" ? cache : "shared",
  };
}

/** The words of {@link parseTenantIds}, at the place of the mistake. */
function parseIds(value: unknown, where: string): IdRange[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((item) => typeof item === "number" || typeof item === "string"))
    throw new Error(
      `${where} is ${formatValue(value)}, but must be an id, a range, as in "20000-29999", or a list of them`,
    );
  try {
    return parseTenantIds(list.join(","));
  } catch (error) {
    throw new Error((error as Error).message.replace(/^tenants/, where));
  }
}

function parseQuota(value: unknown, where: string): BrokerQuota {
  const fields = parseFields(value, where, "a quota", QUOTA_RULES);
  const given = Object.keys(QUOTA_RULES).filter((name) => fields[name] !== undefined);
  if (given.length === 0)
    throw new Error(`${where} limits nothing: give at least one of ${Object.keys(QUOTA_RULES).join(", ")}`);
  return Object.fromEntries(given.map((name) => [name, fields[name]]));
}

function parsePlacement(value: unknown, ids: unknown, where: string): TenantPlacement {
  const { worker, isolate = false } = parseFields(value, where, "a placement", PLACEMENT_RULES);
  const named = [ids].flat().flatMap((item) => String(item).split(","));
  const range = named.find((item) => item.includes("-"));
  if (range !== undefined)
    throw new Error(
      `${where} is given for the range "${range.trim()}", but tenants are moved one by one: name single ids`,
    );
  return { worker: Number(worker), isolate: isolate === true };
}

function parseFields(
  value: unknown,
  where: string,
  whole: string,
  rules: Record<string, Rule>,
): Record<string, unknown> {
  if (!isRecord(value))
    throw new Error(`${where} is ${formatValue(value)}, but must have the fields ${Object.keys(rules).join(", ")}`);
  checkFields(where, value, rules, whole);
  return value;
}

type Entry = TenantDeclaration & { where: string };

/** Entries with equal keys declare the same; fields are in a fixed order. */
const settingsKey = ({ where: _, ids: __, ...settings }: Entry) => JSON.stringify(settings);

function mergeDeclarations(same: Entry[]): TenantDeclaration {
  const { where: _, ...declaration } = same[0]!;
  return { ...declaration, ids: declaredIds(same) };
}

/** Ranges of one declaration do not overlap; so where two do, their settings differ. */
function rejectContradictions(entries: Entry[], declarations: TenantDeclaration[]): void {
  let reached = 0;
  for (const [first, last] of declarations.flatMap(({ ids }) => ids).sort(([a], [b]) => a - b)) {
    if (first <= reached) {
      const places = entries
        .filter(({ ids }) => ids.some(([from, to]) => from <= first && first <= to))
        .map(({ where }) => where);
      throw new Error(
        `tenants: ${first} is in ${places.join(" and in ")}, with different settings: name each tenant once`,
      );
    }
    reached = Math.max(reached, last);
  }
}

function rejectTooMany(declarations: TenantDeclaration[]): void {
  // Refuses what is too many in all.
  declaredIds(declarations);
  const own = declarations.filter(({ broker, cache }) => broker !== undefined || cache === "isolated");
  const count = countIds(own.flatMap(({ ids }) => ids));
  if (count > MAX_TENANTS_WITH_SETTINGS)
    throw new Error(
      `tenants: ${count} have a quota or a cache user of their own, but at most ${MAX_TENANTS_WITH_SETTINGS} can have`,
    );
}

const formatValue = (value: unknown) => JSON.stringify(value) ?? "missing";
