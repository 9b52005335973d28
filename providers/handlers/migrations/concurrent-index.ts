import { UserError } from "@plinth/local/user-error.ts";
import { parseConcurrentIndex } from "@plinth/migrations/sql/concurrent-index.ts";
import type { Client } from "pg";

/**
 * Runs the one statement of a file whose first line is `-- plinth:no-transaction`. An interrupted
 * run leaves an invalid index, which `if not exists` would skip, so it is dropped first.
 *
 * @param file path of the file, for messages
 * @param failed throws PostgreSQL's error as a user error; `start` is the offset of the statement
 */
export async function applyConcurrentIndex(
  client: Client,
  file: string,
  sql: string,
  failed: (error: unknown, start: number) => never,
): Promise<void> {
  const statement = await parseConcurrentIndex(sql);
  if (statement === undefined)
    throw new UserError(
      `${file}: a file with -- plinth:no-transaction holds one 'create index concurrently if not exists' or 'drop index concurrently if exists' and nothing else; correct it`,
    );
  const { verb, index, text, start } = statement;
  if (verb === "create") await dropInvalidIndex(client, index);
  try {
    await client.query(text);
  } catch (error) {
    // An invalid index serves no query and slows every write. If this fails too, the next run
    // begins with it.
    if (verb === "create") await dropInvalidIndex(client, index).catch(() => undefined);
    failed(error, start);
  }
}

async function dropInvalidIndex(client: Client, index: string): Promise<void> {
  const { rowCount } = await client.query(
    "select from pg_index where indexrelid = to_regclass($1) and not indisvalid",
    [index],
  );
  if (rowCount === 1) await client.query(`drop index concurrently if exists ${index}`);
}
