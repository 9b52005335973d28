import type { Client } from "pg";
import { type Labels, metricText } from "./exposition.ts";

/** A statement whose rows are samples: `value` is the number, all other columns are labels. */
interface Query {
  name: string;
  type: "gauge" | "counter";
  help: string;
  sql: string;
}

/** Names and labels are those of postgres_exporter, so that panels need not know where they run. */
const QUERIES: Query[] = [
  {
    name: "pg_stat_activity_count",
    type: "gauge",
    help: "Sessions by database, state, role and what they wait for",
    sql: `select datname, coalesce(state, '') as state, coalesce(usename, '') as usename,
                 coalesce(wait_event_type, '') as wait_event_type, count(*) as value
          from pg_stat_activity where datname is not null group by 1, 2, 3, 4`,
  },
  {
    name: "pg_stat_activity_max_tx_duration",
    type: "gauge",
    help: "Seconds that the longest transaction has been open",
    sql: `select datname, coalesce(state, '') as state, coalesce(usename, '') as usename,
                 coalesce(max(extract(epoch from now() - xact_start)), 0) as value
          from pg_stat_activity where datname is not null and pid <> pg_backend_pid() group by 1, 2, 3`,
  },
  {
    name: "pg_settings_max_connections",
    type: "gauge",
    help: "Connections that the server admits",
    sql: "select setting as value from pg_settings where name = 'max_connections'",
  },
  {
    name: "pg_locks_count",
    type: "gauge",
    help: "Locks by database and mode",
    sql: `select d.datname, modes.mode, count(l.mode) as value
          from pg_database d
          cross join unnest(array['accesssharelock', 'rowsharelock', 'rowexclusivelock', 'shareupdateexclusivelock',
                                  'sharelock', 'sharerowexclusivelock', 'exclusivelock', 'accessexclusivelock']) as modes(mode)
          left join pg_locks l on l.database = d.oid and lower(l.mode) = modes.mode
          where d.datallowconn and not d.datistemplate group by 1, 2`,
  },
  {
    name: "pg_database_size_bytes",
    type: "gauge",
    help: "Size of a database on disk",
    sql: `select datname, pg_database_size(datname) as value from pg_database
          where datallowconn and not datistemplate and has_database_privilege(datname, 'connect')`,
  },
  ...[
    ["xact_commit", "Transactions committed"],
    ["xact_rollback", "Transactions rolled back"],
    ["deadlocks", "Deadlocks found"],
    ["blks_hit", "Blocks found in memory"],
    ["blks_read", "Blocks read from the system"],
  ].map(
    ([column, help]): Query => ({
      name: `pg_stat_database_${column}`,
      type: "counter",
      help: help!,
      sql: `select datname, ${column} as value from pg_stat_database where datname is not null and datname !~ '^template'`,
    }),
  ),
];

/** The greatest ones: a stack may have 10,000 tenants. */
const MAX_CITUS_SERIES = 50;

/** Where the extension is. */
const CITUS_QUERIES: Query[] = [
  {
    name: "citus_shard_size_bytes",
    type: "gauge",
    help: "Size of a table's shards on a worker",
    sql: `select table_name::text as table, nodename || ':' || nodeport as node, sum(shard_size) as value
          from citus_shards group by 1, 2 order by 3 desc limit ${MAX_CITUS_SERIES}`,
  },
  {
    name: "citus_tenant_queries",
    type: "gauge",
    help: "Queries of a tenant in the current period",
    sql: `select tenant_attribute as tenant, sum(query_count_in_this_period) as value
          from citus_stat_tenants group by 1 order by 2 desc limit ${MAX_CITUS_SERIES}`,
  },
];

/** `client` is the connection of these reads alone. */
export async function readPostgresMetrics(client: Client): Promise<string> {
  const texts = ["# HELP pg_up Whether the database answers\n# TYPE pg_up gauge\npg_up 1\n"];
  for (const query of QUERIES) texts.push(await readPermitted(client, query));
  const { rowCount } = await client.query("select from pg_extension where extname = 'citus'");
  if (rowCount === 0) return texts.join("");
  for (const query of CITUS_QUERIES) texts.push(await readPermitted(client, query));
  return texts.join("");
}

/** What stands for it while the database does not answer. */
export const POSTGRES_DOWN = "# HELP pg_up Whether the database answers\n# TYPE pg_up gauge\npg_up 0\n";

/** Nothing where the server refuses the query alone, as a role may not see all views. */
async function readPermitted(client: Client, query: Query): Promise<string> {
  try {
    return await readQuery(client, query);
  } catch (error) {
    if ((error as { severity?: string }).severity === "ERROR") return "";
    throw error;
  }
}

async function readQuery(client: Client, { name, type, help, sql }: Query): Promise<string> {
  const { rows } = await client.query<Labels & { value: string | number }>(sql);
  return metricText(
    name,
    type,
    help,
    rows.map(({ value, ...labels }) => [labels, Number(value)]),
  );
}
