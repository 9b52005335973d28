import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import type { SuperuserSession } from "./superuser.ts";

/** Whether shards are written to while they are copied. */
export type TransferMode = "auto" | "block_writes";

export interface MoveOptions {
  /** Only away from nodes that take no shards, rather than also for balance. */
  drainOnly: boolean;
  /**
   * Milliseconds that moves may stand still before they are given up; they may take any time as
   * long as they come further.
   */
  stallMs: number;
}

/** Row of a background job of the coordinator, which goes on without us. */
interface BackgroundJob {
  id: string;
  state: string;
  done: number;
  all: number;
  retries: number;
  message: string | null;
  copied: string | null;
}

/**
 * Moves shards to where they should be and waits for it. Each look has a connection of its own:
 * moves may take longer than a port-forward lives. A job that runs already is waited for first: a
 * run that was interrupted has left it. Throws a Refusal with Citus' own words when a move fails.
 */
export async function moveShards(session: SuperuserSession, { drainOnly, stallMs }: MoveOptions): Promise<void> {
  const running = await session(findRunningJob);
  if (running !== undefined) await waitForJob(session, running, stallMs);
  const job = await session((client) => startRebalance(client, drainOnly));
  if (job !== null) await waitForJob(session, job, stallMs);
  // Moved shards are dropped at their old place later; a node that is removed meanwhile would keep
  // them for ever.
  await session((client) => client.query("call citus_cleanup_orphaned_resources()"));
}

/** Null when all shards are where they should be. */
async function startRebalance(client: Client, drainOnly: boolean): Promise<string | null> {
  const { rows } = await client.query<{ job: string | null }>(
    "select citus_rebalance_start(drain_only => $1, shard_transfer_mode => $2::citus.shard_transfer_mode) as job",
    [drainOnly, await chooseTransferMode(client)],
  );
  return rows[0]!.job;
}

/**
 * Online where that works. It does not for tables that force row-level security: the changes that
 * are made while a shard is copied are applied by a role that the policies hold for, PostgreSQL
 * refuses that, and the move would go on for ever. Then writes to the shard wait while it is
 * copied.
 */
export async function chooseTransferMode(client: Client): Promise<TransferMode> {
  const { rowCount } = await client.query(
    "select from pg_dist_partition join pg_class on pg_class.oid = logicalrelid where relrowsecurity and relforcerowsecurity limit 1",
  );
  return rowCount === 0 ? "auto" : "block_writes";
}

/** The job that the coordinator is at work on. */
export async function findRunningJob(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(
    "select job_id as id from pg_dist_background_job where state in ('scheduled', 'running', 'cancelling', 'failing') order by job_id limit 1",
  );
  return rows[0]?.id;
}

const MAX_RETRIES = 2;

async function waitForJob(session: SuperuserSession, id: string, stallMs: number): Promise<void> {
  let last = "";
  let movedAt = Date.now();
  for (let delay = 50; ; delay = Math.min(delay * 2, 2_000)) {
    const job = await session((client) => findJob(client, id));
    if (job === undefined || job.state === "finished") return;
    if (job.state === "failed" || job.state === "cancelled")
      throw new UserError(`moving shards ${job.state}: ${jobMessage(job)}`);
    const progress = JSON.stringify([job.done, job.copied]);
    if (progress !== last) [last, movedAt] = [progress, Date.now()];
    const standing = Date.now() - movedAt;
    if (job.retries >= MAX_RETRIES || standing > stallMs) {
      await session((client) => client.query("select citus_job_cancel($1)", [id]));
      const why = standing > stallMs ? `stood still for ${Math.round(standing / 1000)} s` : "failed again and again";
      throw new UserError(
        `moving shards ${why} and was cancelled after ${job.done} of ${job.all} steps: ${jobMessage(job)}`,
      );
    }
    await pause(delay);
  }
}

async function findJob(client: Client, id: string): Promise<BackgroundJob | undefined> {
  const { rows } = await client.query<BackgroundJob>(
    `select job_id as id, state::text, (select count(*)::int from pg_dist_background_task where job_id = $1 and status = 'done') as done,
       (select count(*)::int from pg_dist_background_task where job_id = $1) as all,
       (select coalesce(max(retry_count), 0) from pg_dist_background_task where job_id = $1 and status <> 'done') as retries,
       (select max(message) from pg_dist_background_task where job_id = $1 and status <> 'done') as message,
       (select string_agg(concat_ws(' ', shardid, target_shard_size, target_lsn, status), ', ' order by shardid) from get_rebalance_progress()) as copied
     from pg_dist_background_job where job_id = $1`,
    [id],
  );
  return rows[0];
}

/** One line, without the context that PostgreSQL appends. */
const jobMessage = ({ message }: BackgroundJob) => (message ?? "no reason is recorded").trim().split("\n")[0]!;
