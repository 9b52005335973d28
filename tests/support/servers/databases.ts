import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import type { QueryResultRow } from "pg";
import { postgres } from "./servers.ts";

let count = 0;

/**
 * Creates an empty schema in the tests' PostgreSQL and returns a URL that uses it. With `service`,
 * the schema of that service comes first in the search path.
 */
export async function emptyDatabase(service?: string): Promise<string> {
  const { url } = await postgres();
  const schema = `test_${process.pid}_${++count}`;
  await query(url, `create schema ${schema}`);
  const path = service === undefined ? schema : `"${service}",${schema}`;
  return `${url}?options=${encodeURIComponent(`-c search_path=${path}`)}`;
}

/** Queries a database, and waits for a server that is still starting. */
export async function query<Row extends QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  return withDatabase({ url }, 10_000, async (client) => (await client.query<Row>(sql)).rows);
}

/** The URL of the same database at another port of this machine. */
export function withPort(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  moved.hostname = "127.0.0.1";
  return moved.href;
}
