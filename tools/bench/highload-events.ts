import { setTimeout as sleep } from "node:timers/promises";
import { type Platform, TENANT } from "../../tests/services/platform.ts";
import type { Subject } from "./highload.ts";
import { CONNECTIONS, cpuSeconds, load } from "./pinned.ts";

export interface EventLoad {
  /** From the first request until the last event's row says that it was processed. */
  processedPerSecond: number;
  /** Of the service, from accepting an event to processing it. */
  cpuMicroseconds: number;
  p99Ms: number;
}

const DRAIN_MS = 60_000;
const UNANSWERED_MS = 2000;

/** Posts events for some seconds, then waits until the worker has processed all of them. */
export async function loadEvents(at: Platform, subject: Subject, script: string, seconds: number): Promise<EventLoad> {
  await inTenant(at, `delete from ${subject.events}`);
  const [begun, cpu] = [performance.now(), cpuSeconds(subject.pid)];
  const { p99Ms } = await load(subject, script, seconds);
  const ended = await settled(at, subject);
  const elapsed = (ended - begun) / 1000;
  const processed = await inTenant(at, `select count(*) from ${subject.events} where processed_at is not null`);
  return { processedPerSecond: processed / elapsed, cpuMicroseconds: ((cpuSeconds(subject.pid) - cpu) / processed) * 1e6, p99Ms };
}

/**
 * When the last event was processed. Those that the load left unanswered when it ended, one a connection at most, may never be: the yardstick gives
 * up what its client no longer waits for.
 */
async function settled(at: Platform, { events }: Subject): Promise<number> {
  const begun = performance.now();
  for (let [since, before] = [begun, Number.POSITIVE_INFINITY]; ; await sleep(20)) {
    // Of the last seconds, nearly all rows are processed: the count of the others is cheap.
    const waiting = await inTenant(at, `select count(*) from ${events} where processed_at is null`);
    const now = performance.now();
    if (waiting === 0) return now;
    if (waiting !== before) [since, before] = [now, waiting];
    else if (waiting <= CONNECTIONS && now - since > UNANSWERED_MS) return since;
    if (now - begun > DRAIN_MS) throw new Error(`${waiting} events are not processed ${DRAIN_MS / 1000} s after the load`);
  }
}

/** The number that a statement gives as the tenant that the load belongs to; row-level security holds here too. */
async function inTenant({ sql }: Platform, statement: string): Promise<number> {
  const results = (await sql.query(`begin; set local app.tenant_id = '${TENANT}'; ${statement}; commit`)) as unknown as {
    rows: { count?: string }[];
  }[];
  return Number(results[2]?.rows[0]?.count ?? 0);
}
