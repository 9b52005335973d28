import { findOrderError, findRewrittenHistory, type MigrationFile } from "@plinth/migrations/sql/migration-files.ts";
import type { Client } from "pg";
import { databaseUrlError, hasCitus, toDatabaseAddress, withDatabase } from "../clients/postgres/database.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { MigrationsInputs as Inputs, MigrationsOutputs as Outputs } from "../migrations.ts";
import { type Drift, hasDrift } from "./host/drift.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";
import { applyMigrations, listApplied } from "./migrations/apply.ts";
import { lintPendingFiles } from "./migrations/lint.ts";

/**
 * Creates the handler of a service's migrations.
 *
 * @param options.deadlineMs how long to wait for a database that does not answer; a statement may
 * take longer
 */
export function createMigrationsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const apply = (inputs: Inputs): Promise<Outputs> =>
    withDatabase(toDatabaseAddress(inputs), deadlineMs, async (client) => ({
      ...inputs,
      ...(await applyMigrations(client, inputs)),
    }));
  return endingWithItsServer({
    async check(olds, news) {
      const applied = olds.service === news.service ? (olds.files ?? []) : [];
      const mistakes = findInputErrors(applied, news);
      return {
        inputs: news,
        failures: toCheckFailures(mistakes.length > 0 ? mistakes : await lintPendingFiles(applied, news)),
      };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "cluster", "service", "directory", "files", "providerVersion"] as const;
      const renamed = olds.service !== news.service;
      return {
        changes:
          hasChanged(olds, news, keys) ||
          (await hasDrift(news.cluster, (lookMs) =>
            withDatabase(toDatabaseAddress(news), Math.min(deadlineMs, lookMs), (client) =>
              findForgotten(client, olds),
            ),
          )),
        replaces: renamed ? ["service"] : [],
      };
    },
    async create(inputs) {
      return { id: `migrations/${inputs.service}`, outs: await apply(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await apply(news) };
    },
    async read(id, props) {
      const { databaseUrl, cluster, service, directory, providerVersion } = props;
      const { files, distributed } = await withDatabase(toDatabaseAddress(props), deadlineMs, async (client) => ({
        files: await listApplied(client, service),
        distributed: await hasCitus(client),
      }));
      const gone = files.length === 0 && props.files.length > 0;
      const inputs = { databaseUrl, ...(cluster && { cluster }), service, directory, providerVersion, files };
      return {
        id: gone ? "" : id,
        props: { ...inputs, applied: files.map(({ name }) => name), distributed },
        inputs,
      };
    },
    /** Tables stay: dropping data is a separate decision. */
    async delete() {},
  });
}

export const handler = createMigrationsHandler();

/**
 * Finds files that the last `up` applied to a database which is another, older or emptied one now.
 */
async function findForgotten(client: Client, { service, files }: Outputs): Promise<Drift> {
  const applied = new Set((await listApplied(client, service)).map(({ name }) => name));
  const missing = files.filter(({ name }) => !applied.has(name)).map(({ name }) => name);
  const sentence = `migrations of ${service} are not applied to the database any more: ${missing.join(", ")}`;
  return { mended: missing.length === 0 ? [] : [sentence], said: [] };
}

/** @param applied files of the last successful run, of which a plan refuses an edited one */
function findInputErrors(applied: MigrationFile[], { databaseUrl, service, directory, files }: Inputs): string[] {
  const reasons: string[] = [];
  const mistake = isUnknown(databaseUrl) ? undefined : databaseUrlError(databaseUrl);
  if (mistake) reasons.push(mistake);
  if (!/^[a-z][a-z0-9-]*$/.test(service))
    reasons.push(`'${service}' is not a service name: a lower-case letter, then a-z 0-9 -`);
  if (hasUnknown(files)) return reasons;
  const order = findOrderError(files.map(({ name }) => name));
  if (order) reasons.push(`${directory}: ${order}`);
  const rewritten = hasUnknown(applied) ? undefined : findRewrittenHistory(applied, files);
  if (rewritten) reasons.push(`${directory}: ${rewritten.reason}`);
  return reasons;
}
