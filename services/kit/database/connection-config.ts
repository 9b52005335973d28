import pg from "pg";

/** For a connection, new or of the pool. */
export const CONNECT_TIMEOUT_MS = 2000;

/**
 * How the pool and single connections connect.
 * @param name of the service, for pg_stat_activity and for the schema that precedes `public`
 */
export function createConnectionConfig(url: string, name: string): pg.ClientConfig {
  const config = {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // For a server that does not answer at all; the server's limits below end single statements.
    query_timeout: 5500,
    keepAlive: true,
    pipeline: true,
    options: [
      "statement_timeout=5000",
      "lock_timeout=3000",
      "idle_in_transaction_session_timeout=10000",
      "citus.propagate_set_commands=local",
      `search_path="${name.replaceAll('"', '""')}",public`,
    ]
      // The server splits this text at blanks; a backslash escapes the next character.
      .map((setting) => `-c ${setting.replace(/[\\\s]/g, "\\$&")}`)
      .join(" "),
    types: {
      getTypeParser: ((oid: number, format?: "text") =>
        oid === INT8_OID ? parseSafeInteger : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
  // Through a variable: @types/pg does not declare `pipeline`.
  return config;
}

const INT8_OID = 20;

function parseSafeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Error(`A bigint of the database is beyond 2^53: ${text}`);
  return number;
}
