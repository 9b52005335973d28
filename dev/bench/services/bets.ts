import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { eventLag } from "../../../cli/load/load.ts";
import { requestJson } from "../../../cli/servers/http-request.ts";
import { readMetrics } from "../../../cli/stack/service-metrics.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds } from "../statistics.ts";
import { cpuSeconds } from "./pinned-process.ts";

export interface BetsBenchmarkOptions {
  /** URL of a running wallet, such as `http://127.0.0.1:8082`. */
  base: string;
  /** Its process, for the CPU time; absent when it runs elsewhere or not on Linux. */
  pid?: number;
  tenant?: number;
}

const SECONDS = 10;
const WARMUP_SECONDS = 3;
const CONNECTIONS = 32;
const ACCOUNTS = 200;
const DRAIN_TIMEOUT_MS = 60_000;

/**
 * Bets a second through validation, ledger and outbox while relay and consumer run in the same
 * process, and the time that those need to catch up.
 */
export async function benchmarkBets({ base, pid, tenant = 10_001 }: BetsBenchmarkOptions): Promise<BenchmarkRow[]> {
  const headers = { "x-tenant-id": String(tenant), "content-type": "application/json" };
  const post = async (path: string, body: object) =>
    (await requestJson<{ account_id: string }>("POST", `${base}/api/v1${path}`, { status: 201, headers, body })).body;
  const accounts: string[] = [];
  for (let i = 0; i < ACCOUNTS; i++) {
    const { account_id } = await post("/accounts", { currency: "EUR" });
    await post(`/accounts/${account_id}/deposits`, { amount_cents: 1_000_000_000 });
    accounts.push(account_id);
  }
  const requests = accounts.map((account_id) => ({
    method: "POST" as const,
    path: "/api/v1/bets",
    body: JSON.stringify({ account_id, amount_cents: 1, selection: "home" }),
  }));
  const run = (duration: number) => autocannon({ url: base, connections: CONNECTIONS, duration, headers, requests });
  await run(WARMUP_SECONDS);
  const cpuNow = () => (pid === undefined ? 0 : cpuSeconds(pid));
  const before = cpuNow();
  const result = await run(SECONDS);
  const cpu = cpuNow() - before;
  const bets = result["2xx"];
  if (result.non2xx + result.errors + result.timeouts > 0) {
    throw new Error(
      `Of ${bets + result.non2xx} bets ${result.non2xx} were refused and ${result.errors} failed: the figures mean nothing`,
    );
  }
  const backlog = await eventBacklog(base);
  const drained = await waitUntilDrained(base);
  return [
    {
      what: `bets a second, ${CONNECTIONS} connections`,
      goal: "printed",
      measured: Math.round(bets / result.duration).toString(),
    },
    { what: "bet, P50 / P99", goal: "printed", measured: `${result.latency.p50} / ${result.latency.p99} ms` },
    {
      what: "CPU a bet, relay and consumer included",
      goal: "printed",
      measured: pid === undefined ? "not known" : `${Math.round((cpu / bets) * 1e6)} µs`,
    },
    {
      what: "events waiting after the load, and until none did",
      goal: "drained",
      measured: `${backlog}, ${formatSeconds(drained)}`,
    },
  ];
}

/** Events in the outbox and in front of the consumer. */
async function eventBacklog(base: string): Promise<number> {
  return eventLag(await readMetrics(base)) ?? 0;
}

async function waitUntilDrained(base: string): Promise<number> {
  const start = performance.now();
  // Twice in a row, because an event between relay and consumer is counted by neither.
  for (let empty = 0; empty < 2; await sleep(50)) {
    empty = (await eventBacklog(base)) === 0 ? empty + 1 : 0;
    if (performance.now() - start > DRAIN_TIMEOUT_MS)
      throw new Error(
        `${await eventBacklog(base)} events still wait ${DRAIN_TIMEOUT_MS / 1000} s after the load: the relay does not keep up`,
      );
  }
  return performance.now() - start;
}
