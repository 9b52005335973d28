import type pg from "pg";
import { withDeadline } from "../observability/exporters/deadline.ts";

const TIMEOUT_MS = 2000;
/** After a failure the database is left alone for so long. */
const RETRY_MS = 1000;
const CLOSE_MS = 1000;

/**
 * One connection to the platform's database, opened when it is needed. Every query has a deadline.
 */
export class Database {
  private readonly url: string | undefined;
  private client: Promise<pg.Client> | undefined;
  private failedAt = 0;

  constructor(url: string | undefined) {
    this.url = url;
  }

  /** @throws if the database does not answer in time */
  async query<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    if (this.url === undefined) throw new Error("DATABASE_URL is not set");
    if (this.client === undefined && Date.now() - this.failedAt < RETRY_MS)
      throw new Error("the database did not answer a moment ago");
    this.client ??= connect(this.url);
    const { client } = this;
    try {
      return (await (await client).query<R>(text, values)).rows;
    } catch (error) {
      // An error that the database reports leaves the connection usable; any other does not.
      if ((error as { severity?: string }).severity !== "ERROR") this.drop(client);
      throw error;
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.then(end, () => undefined);
  }

  private drop(client: Promise<pg.Client>): void {
    this.failedAt = Date.now();
    if (this.client === client) this.client = undefined;
    client.then(end, () => undefined);
  }
}

async function connect(url: string): Promise<pg.Client> {
  const { default: postgres } = await import("pg");
  const client = new postgres.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    application_name: "observability",
  });
  // The query that is under way fails, too, or the next one does.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function end(client: pg.Client): Promise<void> {
  // A server that hangs never says goodbye.
  await withDeadline(client.end(), CLOSE_MS).catch(() => undefined);
}
