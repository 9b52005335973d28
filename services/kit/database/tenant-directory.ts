import { setTimeout as sleep } from "node:timers/promises";
import { kitError } from "../core/errors.ts";
import type { TenantDirectory, TenantLocks } from "../core/tenant.ts";
import type { Database } from "./database.ts";
import { createTenantLookup, type TenantState } from "./tenant-lookup.ts";
import { createUnknownTenantLimit } from "./unknown-tenant-limit.ts";

/**
 * How long an answer holds. A tenant that leaves the configuration is locked out, and one that
 * comes back or is new is served, within this time.
 */
const FRESH_MS: Record<TenantState, number> = { known: 2000, locked: 2000, unknown: 1000 };
/**
 * How long a tenant is served after its last answer while the database gives none: a tenant cannot
 * leave the configuration then either.
 */
const STALE_MS = 300_000;
/** A known tenant waits no longer for a database that hangs. */
const PATIENCE_MS = 500;
const GRACE_MS = 1000;
/** Remembered: a stranger may name any number. */
const MAX_TENANTS: Record<TenantState, number> = { known: 200_000, locked: 20_000, unknown: 20_000 };

/** Looks up tenants in the database, those that are asked for at one time with one query. */
export function createTenantDirectory(database: Database): TenantDirectory & TenantLocks {
  const seen: Record<TenantState, Map<number, number>> = { known: new Map(), locked: new Map(), unknown: new Map() };
  const lookUp = createTenantLookup(database);
  const limit = createUnknownTenantLimit();
  /** Until then the database, which gave no answer just now, is not waited for. */
  let graceUntil = 0;
  const isFresh = (tenantId: number, state: TenantState, now: number) =>
    now - (seen[state].get(tenantId) ?? Number.NEGATIVE_INFINITY) < FRESH_MS[state];

  function remember(tenantId: number, state: TenantState): void {
    for (const other of ["known", "locked", "unknown"] as const) seen[other].delete(tenantId);
    const tenants = seen[state];
    // Maps keep the order of insertion: the first is the oldest.
    for (const oldest of tenants.size >= MAX_TENANTS[state] ? tenants.keys() : []) {
      tenants.delete(oldest);
      break;
    }
    tenants.set(tenantId, performance.now());
  }

  function isServedWithoutAnswer(tenantId: number, now: number): boolean {
    return now - (seen.known.get(tenantId) ?? Number.NEGATIVE_INFINITY) < STALE_MS;
  }

  async function findState(tenantId: number): Promise<TenantState> {
    const answer = lookUp(tenantId).then((state) => {
      remember(tenantId, state);
      return state;
    });
    if (!isServedWithoutAnswer(tenantId, performance.now())) return answer;
    const serveAnyway = (): TenantState => {
      graceUntil = performance.now() + GRACE_MS;
      return "known";
    };
    const answered = answer.catch(() => undefined);
    return (await Promise.race([answered, sleep(PATIENCE_MS, undefined, { ref: false })])) ?? serveAnyway();
  }

  async function refuse(tenantId: number, address: string): Promise<boolean> {
    if (await limit.admits(address)) return false;
    throw kitError("rate_limited", `There is no tenant ${tenantId}, and too many such requests; try again later.`);
  }

  async function knowsAfterLookUp(tenantId: number, address: string | undefined): Promise<boolean> {
    const isKnown = (await findState(tenantId)) === "known";
    return isKnown || address === undefined ? isKnown : refuse(tenantId, address);
  }

  return {
    knows(tenantId, address) {
      const now = performance.now();
      if (isFresh(tenantId, "known", now) || (now < graceUntil && isServedWithoutAnswer(tenantId, now))) return true;
      if (isFresh(tenantId, "unknown", now) || isFresh(tenantId, "locked", now))
        return address === undefined ? false : refuse(tenantId, address);
      return knowsAfterLookUp(tenantId, address);
    },
    isLockedOut(tenantId) {
      const now = performance.now();
      if (isFresh(tenantId, "known", now)) return false;
      return findState(tenantId).then((state) => state === "locked");
    },
  };
}
