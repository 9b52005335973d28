import { setTimeout as sleep } from "node:timers/promises";
import { type Platform, TENANT } from "../../../tests/support/services/platform.ts";
import type { BenchmarkedService } from "./benchmarked-service.ts";
import { cpuSeconds } from "./pinned-process.ts";
import { CONNECTIONS, runWrk } from "./wrk.ts";

export interface EventLoadResult {
  /** Over the time from the first request until the last event is processed. */
  processedPerSecond: number;
  /** CPU time of the service for one event, from accepting to processing it. */
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
 * Resolves to the time at which the last event was processed. At most one event a connection may
 * stay unprocessed: the yardstick drops requests whose client has left at the end of the load.
 */
async function waitUntilProcessed(at: Platform, { eventsTable }: BenchmarkedService): Promise<number> {
  const begun = performance.now();
  for (let [since, before] = [begun, Number.POSITIVE_INFINITY]; ; await sleep(20)) {
    // Few rows are unprocessed, so the count is cheap.
    const waiting = await queryAsTenant(at, `select count(*) from ${eventsTable} where processed_at is null`);
    const now = performance.now();
    if (waiting === 0) return now;
    if (waiting !== before) [since, before] = [now, waiting];
    else if (waiting <= CONNECTIONS && now - since > STALL_MS) return since;
    if (now - begun > DRAIN_TIMEOUT_MS)
      throw new Error(`${waiting} events are not processed ${DRAIN_TIMEOUT_MS / 1000} s after the load`);
  }
}

/** The count that a statement returns for the tenant of the load, under row-level security. */
async function queryAsTenant({ sql }: Platform, statement: string): Promise<number> {
  const results = (await sql.query(
    `begin; set local app.tenant_id = '${TENANT}'; ${statement}; commit`,
  )) as unknown as {
    rows: { count?: string }[];
  }[];
  return Number(results[2]?.rows[0]?.count ?? 0);
}
