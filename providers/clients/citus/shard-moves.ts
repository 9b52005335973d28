import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import type { SuperuserSession } from "./superuser.ts";

/** "block_writes" has writes to a shard wait while it is copied. */
export type TransferMode = "auto" | "block_writes";

export interface MoveOptions {
  /** Moves shards only away from nodes that take none, not for balance. */
  drainOnly: boolean;
  /** Milliseconds without progress before the moves are cancelled. With progress they never are. */
  stallMs: number;
}

/** A background job of the coordinator, which runs on without a connection. */
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
 * Moves shards to where they should be, and waits until they are there. First waits for a job that
 * an interrupted run left. Polls on a new connection each time: moves may outlive a port-forward.
 * Throws a {@link UserError} with Citus' message if a move fails.
 */
export async function moveShards(session: SuperuserSession, { drainOnly, stallMs }: MoveOptions): Promise<void> {
  const running = await session(findRunningJob);
  if (running !== undefined) await waitForJob(session, running, stallMs);
  const job = await session((client) => startRebalance(client, drainOnly));
  if (job !== null) await waitForJob(session, job, stallMs);
  // Citus drops moved shards at their old place later. A node that is removed before that would
  // keep them for ever.
  await session((client) => client.query("call citus_cleanup_orphaned_resources()"));
}

/** Starts a job; null if all shards are where they should be. */
async function startRebalance(client: Client, drainOnly: boolean): Promise<string | null> {
  const { rows } = await client.query<{ job: string | null }>(
    "select citus_rebalance_start(drain_only => $1, shard_transfer_mode => $2::citus.shard_transfer_mode) as job",
    [drainOnly, await chooseTransferMode(client)],
  );
  return rows[0]!.job;
}

/**
 * Chooses to move shards online, unless tables force row-level security: policies then apply to the
 * role that copies concurrent changes, PostgreSQL refuses them, and the move would never end.
 */
export async function chooseTransferMode(client: Client): Promise<TransferMode> {
  const { rowCount } = await client.query(
    "select from pg_dist_partition join pg_class on pg_class.oid = logicalrelid where relrowsecurity and relforcerowsecurity limit 1",
  );
  return rowCount === 0 ? "auto" : "block_writes";
}

/** Finds the job that the coordinator is running. */
export async function findRunningJob(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(
    "select job_id as id from pg_dist_background_job where state in ('scheduled', 'running', 'cancelling', 'failing') order by job_id limit 1",
  );
  return rows[0]?.id;
}

const MAX_RETRIES = 2;

async function waitForJob(session: SuperuserSession, id: string, stallMs: number): Promise<void> {
  let lastProgress = "";
  let progressedAt = Date.now();
  for (let delay = 50; ; delay = Math.min(delay * 2, 2_000)) {
    const job = await session((client) => findJob(client, id));
    if (job === undefined || job.state === "finished") return;
    if (job.state === "failed" || job.state === "cancelled")
      throw new UserError(`moving shards ${job.state}: ${jobMessage(job)}`);
    const progress = JSON.stringify([job.done, job.copied]);
    if (progress !== lastProgress) [lastProgress, progressedAt] = [progress, Date.now()];
    const stalledMs = Date.now() - progressedAt;
    if (job.retries >= MAX_RETRIES || stalledMs > stallMs) {
      await session((client) => client.query("select citus_job_cancel($1)", [id]));
      const reason =
        stalledMs > stallMs ? `stood still for ${Math.round(stalledMs / 1000)} s` : "failed again and again";
      throw new UserError(
        `moving shards ${reason} and was cancelled after ${job.done} of ${job.all} steps: ${jobMessage(job)}`,
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

/** The first line, without the context that PostgreSQL appends. */
const jobMessage = ({ message }: BackgroundJob) => message?.trim().split("\n")[0] || "no reason is recorded";
