import type { Database } from "./database.ts";

/** `locked`: it has left the configuration, and its data stays. */
export type TenantState = "known" | "locked" | "unknown";

/** Ids of one query. */
const MAX_IDS = 1000;
/** The stack creates the table with the tenants; one of an earlier release may not have it yet. */
const TABLE_CHECK_MS = 5000;

/**
 * Returns a function that finds a tenant's state. One query is under way at a time, and the ids
 * that are asked for meanwhile share the next: a flood of made-up ids costs one connection.
 */
export function createTenantLookup(database: Database): (tenantId: number) => Promise<TenantState> {
  const waiting = new Map<number, PromiseWithResolvers<TenantState>>();
  let running = false;
  let hasLocks = false;
  let checkedAt = Number.NEGATIVE_INFINITY;

  async function findLocks(): Promise<boolean> {
    if (hasLocks || performance.now() - checkedAt < TABLE_CHECK_MS) return hasLocks;
    const text = "select to_regclass('locked_tenants') is not null as exists";
    const { rows } = await database.query<{ exists: boolean }>({ name: "tenant-locks", text });
    hasLocks = rows[0]?.exists === true;
    checkedAt = performance.now();
    return hasLocks;
  }

  async function select(name: string, table: string, ids: readonly number[]): Promise<Set<number>> {
    const text = `select id from ${table} where id = any($1::bigint[])`;
    const { rows } = await database.query<{ id: number }>({ name, text, values: [ids] });
    return new Set(rows.map(({ id }) => id));
  }

  async function query(ids: readonly number[]): Promise<(tenantId: number) => TenantState> {
    const locks = await findLocks();
    const [known, locked] = await Promise.all([
      select("tenants-find", "tenants", ids),
      locks ? select("tenants-find-locked", "locked_tenants", ids) : new Set<number>(),
    ]);
    return (tenantId) => (locked.has(tenantId) ? "locked" : known.has(tenantId) ? "known" : "unknown");
  }

  async function run(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_IDS);
      for (const [tenantId] of batch) waiting.delete(tenantId);
      try {
        const stateOf = await query(batch.map(([tenantId]) => tenantId));
        for (const [tenantId, { resolve }] of batch) resolve(stateOf(tenantId));
      } catch (error) {
        for (const [, { reject }] of batch) reject(error);
      }
    }
    running = false;
  }

  return (tenantId) => {
    const answer = waiting.get(tenantId) ?? Promise.withResolvers<TenantState>();
    waiting.set(tenantId, answer);
    if (!running) {
      running = true;
      // The requests of this turn of the event loop ask together.
      setImmediate(() => void run());
    }
    return answer.promise;
  };
}
