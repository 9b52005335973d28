import { setTimeout as sleep } from "node:timers/promises";
import { type Platform, TENANT } from "../../../tests/support/services/platform.ts";
import type { BenchmarkedService } from "./highload.ts";
import { CONNECTIONS, cpuSeconds, runWrk } from "./pinned-process.ts";

export interface EventLoadResult {
  /** From the first request until the last event's row says that it was processed. */
  processedPerSecond: number;
  /** Of the service, from accepting an event to processing it. */
  cpuMicroseconds: number;
  p99Ms: number;
}

const DRAIN_TIMEOUT_MS = 60_000;
const STALL_MS = 2000;

/** Posts events for some seconds, then waits until the worker has processed all of them. */
export async function loadEvents(
  at: Platform,
  subject: BenchmarkedService,
  script: string,
  seconds: number,
): Promise<EventLoadResult> {
  await queryAsTenant(at, `delete from ${subject.eventsTable}`);
  const [begun, cpu] = [performance.now(), cpuSeconds(subject.pid)];
  const { p99Ms } = await runWrk(subject, script, seconds);
  const ended = await waitUntilProcessed(at, subject);
  const elapsed = (ended - begun) / 1000;
  const processed = await queryAsTenant(
    at,
    `select count(*) from ${subject.eventsTable} where processed_at is not null`,
  );
  return {
    processedPerSecond: processed / elapsed,
    cpuMicroseconds: ((cpuSeconds(subject.pid) - cpu) / processed) * 1e6,
    p99Ms,
  };
}

/**
 * When the last event was processed. Those that the load left unanswered when it ended, one a
 * connection at most, may never be: the yardstick gives up what its client no longer waits for.
 */
async function waitUntilProcessed(at: Platform, { eventsTable }: BenchmarkedService): Promise<number> {
  const begun = performance.now();
  for (let [since, before] = [begun, Number.POSITIVE_INFINITY]; ; await sleep(20)) {
    // Of the last seconds, nearly all rows are processed: the count of the others is cheap.
    const waiting = await queryAsTenant(at, `select count(*) from ${eventsTable} where processed_at is null`);
    const now = performance.now();
    if (waiting === 0) return now;
    if (waiting !== before) [since, before] = [now, waiting];
    else if (waiting <= CONNECTIONS && now - since > STALL_MS) return since;
    if (now - begun > DRAIN_TIMEOUT_MS)
      throw new Error(`${waiting} events are not processed ${DRAIN_TIMEOUT_MS / 1000} s after the load`);
  }
}

/**
 * The number that a statement gives as the tenant that the load belongs to; row-level security
 * holds here too.
 */
async function queryAsTenant({ sql }: Platform, statement: string): Promise<number> {
  const results = (await sql.query(
    `begin; set local app.tenant_id = '${TENANT}'; ${statement}; commit`,
  )) as unknown as {
    rows: { count?: string }[];
  }[];
  return Number(results[2]?.rows[0]?.count ?? 0);
}
