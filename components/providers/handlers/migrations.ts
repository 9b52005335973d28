import "./orphan-watch.ts";
import { isDeepStrictEqual } from "node:util";
import type { Handler } from "../dynamic.ts";
import { findOrderMistake, findRewrittenHistory, type MigrationFile } from "../migration-files.ts";
import type { MigrationsInputs as Inputs, MigrationsOutputs as Outputs } from "../migrations.ts";
import { addressOf, databaseUrlMistake, hasCitus, withDatabase } from "./database.ts";
import { failures, hasUnknown, isUnknown } from "./faults.ts";
import { findRefusedFiles } from "./migration-check.ts";
import { findApplied, migrate } from "./migration-run.ts";

/** Migrations of one service. `deadlineMs`: how long a database that does not answer is waited for; a statement itself may take longer. */
export function migrationsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = (inputs: Inputs): Promise<Outputs> =>
    withDatabase(addressOf(inputs), deadlineMs, async (client) => ({ ...inputs, ...(await migrate(client, inputs)) }));
  return {
    async check(olds, news) {
      const applied = olds.service === news.service ? (olds.files ?? []) : [];
      const mistakes = findMistakes(applied, news);
      return { inputs: news, failures: failures(mistakes.length > 0 ? mistakes : await findRefusedFiles(applied, news)) };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "cluster", "service", "directory", "files", "providerVersion"] as const;
      const renamed = olds.service !== news.service;
      return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])), replaces: renamed ? ["service"] : [] };
    },
    async create(inputs) {
      return { id: `migrations/${inputs.service}`, outs: await apply(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await apply(news) };
    },
    async read(id, props) {
      const { databaseUrl, cluster, service, directory, providerVersion } = props;
      const found = await withDatabase(addressOf(props), deadlineMs, async (client) => ({
        files: await findApplied(client, service),
        distributed: await hasCitus(client),
      }));
      const gone = found.files.length === 0 && props.files.length > 0;
      const inputs = { databaseUrl, ...(cluster && { cluster }), service, directory, providerVersion, files: found.files };
      return {
        id: gone ? "" : id,
        props: { ...inputs, applied: found.files.map(({ name }) => name), distributed: found.distributed },
        inputs,
      };
    },
    /** Tables stay: dropping data is a decision of its own. */
    async delete() {},
  };
}

export const handler = migrationsHandler();

/** `applied`: the files of the last successful run, so that a plan already refuses an edited one. */
function findMistakes(applied: MigrationFile[], { databaseUrl, service, directory, files }: Inputs): string[] {
  const reasons: string[] = [];
  const mistake = isUnknown(databaseUrl) ? undefined : databaseUrlMistake(databaseUrl);
  if (mistake) reasons.push(mistake);
  if (!/^[a-z][a-z0-9-]*$/.test(service)) reasons.push(`'${service}' is not a service name: a lower-case letter, then a-z 0-9 -`);
  if (hasUnknown(files)) return reasons;
  const order = findOrderMistake(files.map(({ name }) => name));
  if (order) reasons.push(`${directory}: ${order}`);
  const rewritten = hasUnknown(applied) ? undefined : findRewrittenHistory(applied, files);
  if (rewritten) reasons.push(`${directory}: ${rewritten.reason}`);
  return reasons;
}
