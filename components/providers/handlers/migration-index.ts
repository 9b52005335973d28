import type { Client } from "pg";
import { readConcurrentIndex } from "../../migrations/concurrent.ts";
import { Refusal } from "./faults.ts";

/**
 * Runs the one statement of a file whose first line is `-- plinth:no-transaction`. It may have been cut off before, at any moment: an index that
 * was not completed is still there, and invalid, so that `if not exists` would pass it by. It is dropped first.
 *
 * @param file as messages name it
 * @param failed throws what PostgreSQL said, explained; `start` is the statement's first character
 */
export async function runAlone(client: Client, file: string, sql: string, failed: (error: unknown, start: number) => never): Promise<void> {
  const statement = await readConcurrentIndex(sql);
  if (statement === undefined)
    throw new Refusal(
      `${file}: a file with -- plinth:no-transaction holds one 'create index concurrently if not exists' or 'drop index concurrently if exists' and nothing else; correct it`,
    );
  const { verb, index, text, start } = statement;
  if (verb === "create") await dropInvalid(client, index);
  try {
    await client.query(text);
  } catch (error) {
    // Half an index serves nobody and slows each write. Where this fails as well, the next run begins with it.
    if (verb === "create") await dropInvalid(client, index).catch(() => undefined);
    failed(error, start);
  }
}

async function dropInvalid(client: Client, index: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_index where indexrelid = to_regclass($1) and not indisvalid", [index]);
  if (rowCount === 1) await client.query(`drop index concurrently if exists ${index}`);
}
