import { noWorkerMessage, planPlacements } from "../clients/citus/placement-plan.ts";
import { applyPlacements, readPlacements } from "../clients/citus/tenant-placements.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import { errorReason } from "../clients/errors.ts";
import { databaseUrlError, toDatabaseAddress, withDatabase } from "../clients/postgres/database.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { TenantPlacementsInputs as Inputs, TenantPlacementsOutputs as Outputs } from "../tenant-placements.ts";
import { CITUS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";

/**
 * Creates the handler of placed tenants.
 *
 * @param options.deadlineMs how long to wait for a database that does not answer
 * @param options.lockTimeoutMs how long to wait for another run that moves shards
 */
export function createTenantPlacementsHandler({
  deadlineMs = 60_000,
  lockTimeoutMs = 600_000,
} = {}): Handler<Inputs, Outputs> {
  const apply = async (inputs: Inputs): Promise<Outputs> => {
    const result = await withDatabase(toDatabaseAddress(inputs), deadlineMs, (client) =>
      applyPlacements(client, inputs, lockTimeoutMs),
    );
    return { ...inputs, moves: [], ...result };
  };
  return endingWithItsServer({
    async check(olds, news) {
      const reasons = hasUnknown(news.placements) ? [] : findInputErrors(news);
      if (reasons.length > 0 || hasUnknown([news.databaseUrl, news.workers, news.placements]))
        return { inputs: news, failures: toCheckFailures(reasons) };
      const { moves, error } = await previewMoves(olds, news, Math.min(deadlineMs, CITUS_PREVIEW_TIMEOUT_MS));
      for (const move of moves) printDiagnostic(move);
      return { inputs: { ...news, moves }, failures: toCheckFailures(error === undefined ? [] : [error]) };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "cluster", "workers", "placements", "providerVersion"] as const;
      const moves = [...news.moves, ...olds.moves];
      return { changes: moves.length > 0 || hasChanged(olds, news, keys) };
    },
    async create(inputs) {
      return { id: "tenant-placements", outs: await apply(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await apply(news) };
    },
    async read(id, props) {
      const { shards, distributed, placed } = await withDatabase(toDatabaseAddress(props), deadlineMs, (client) =>
        readPlacements(client, props.placements),
      );
      const moves = distributed ? planPlacements(props.placements, shards, props.workers).descriptions : [];
      const { distributed: _, placed: __, ...inputs } = props;
      return { id, props: { ...props, distributed, placed, moves }, inputs: { ...inputs, moves } };
    },
    /** Rows stay where they are. */
    async delete() {},
  });
}

export const handler = createTenantPlacementsHandler();

function findInputErrors({ databaseUrl, workers, placements }: Inputs): string[] {
  const mistake = isUnknown(databaseUrl) ? undefined : databaseUrlError(databaseUrl);
  const reasons = mistake === undefined ? [] : [mistake];
  const tenants = placements.map(({ tenant }) => tenant);
  const twice = tenants.find((tenant, index) => tenants.indexOf(tenant) !== index);
  if (twice !== undefined) reasons.push(`tenant ${twice} is placed twice: name it once`);
  // Plain PostgreSQL has no workers.
  if (isUnknown(workers) || workers.length === 0) return reasons;
  const unplaceable = placements.filter(({ worker }) => workers[worker] === undefined);
  return [...reasons, ...unplaceable.map(({ tenant, worker }) => noWorkerMessage(tenant, worker, workers.length))];
}

/**
 * Finds the moves for a plan. Tenants without a row get one in the same run, and a cluster that
 * does not answer is not a mistake.
 */
async function previewMoves(
  olds: Partial<Inputs>,
  inputs: Inputs,
  deadlineMs: number,
): Promise<{ moves: string[]; error?: string }> {
  try {
    const { distributed, shards } = await withDatabase(toDatabaseAddress(inputs), deadlineMs, (client) =>
      readPlacements(client, inputs.placements),
    );
    if (!distributed || inputs.workers.length === 0) return { moves: [] };
    const { descriptions, error } = planPlacements(inputs.placements, shards, inputs.workers);
    return error === undefined ? { moves: descriptions } : { moves: [], error };
  } catch (error) {
    // Before the first `up` there is nothing to look at.
    if (!isUnknown(olds.databaseUrl))
      printDiagnostic(`where tenants are could not be looked at: ${errorReason(error)}`);
    return { moves: [] };
  }
}
