import { isDeepStrictEqual } from "node:util";
import type { Failure, Handler } from "../dynamic.ts";
import { findOrderMistake, findRewrittenHistory, type MigrationFile } from "../migration-files.ts";
import type { MigrationsInputs as Inputs, MigrationsOutputs as Outputs } from "../migrations.ts";
import { databaseUrlMistake, hasCitus, withDatabase } from "./database.ts";
import { hasUnknown, isUnknown } from "./faults.ts";
import { findApplied, migrate } from "./migration-run.ts";

/** Migrations of one service. `deadlineMs`: how long a database that does not answer is waited for; a statement itself may take longer. */
export function migrationsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = (inputs: Inputs): Promise<Outputs> =>
    withDatabase(inputs.databaseUrl, deadlineMs, async (client) => ({ ...inputs, ...(await migrate(client, inputs)) }));
  return {
    async check(olds, news) {
      return { inputs: news, failures: findMistakes(olds.service === news.service ? (olds.files ?? []) : [], news) };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "service", "directory", "files", "providerVersion"] as const;
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
      const { databaseUrl, service, directory, providerVersion } = props;
      const found = await withDatabase(databaseUrl, deadlineMs, async (client) => ({
        files: await findApplied(client, service),
        distributed: await hasCitus(client),
      }));
      const gone = found.files.length === 0 && props.files.length > 0;
      const inputs = { databaseUrl, service, directory, providerVersion, files: found.files };
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
function findMistakes(applied: MigrationFile[], news: Inputs): Failure[] {
  const failures: Failure[] = [];
  const refuse = (property: string, reason: string) => failures.push({ property, reason });
  const mistake = isUnknown(news.databaseUrl) ? undefined : databaseUrlMistake(news.databaseUrl);
  if (mistake) refuse("databaseUrl", mistake);
  if (!/^[a-z][a-z0-9-]*$/.test(news.service))
    refuse("service", `'${news.service}' is not a service name: a lower-case letter, then a-z 0-9 -`);
  if (hasUnknown(news.files)) return failures;
  const order = findOrderMistake(news.files.map(({ name }) => name));
  if (order) refuse("files", `${news.directory}: ${order}`);
  const rewritten = hasUnknown(applied) ? undefined : findRewrittenHistory(applied, news.files);
  if (rewritten) refuse("files", `${news.directory}: ${rewritten.reason}`);
  return failures;
}
