/**
 * What the exporter beside each server asks of Citus, in addition to its own metrics. The catalogue
 * is on every node, so only the coordinator answers: otherwise each shard would count several
 * times.
 */
export const exporterQueries = {
  citus_shard: {
    query: onCoordinator(
      "select table_name::text as table, nodename || ':' || nodeport as node, sum(shard_size) as size_bytes from citus_shards",
      "group by 1, 2",
    ),
    cache_seconds: 60,
    metrics: [label("table", "Distributed table"), label("node", "Worker"), gauge("size_bytes", "Size of its shards")],
  },
  citus_tenant: {
    query: onCoordinator(
      "select tenant_attribute as tenant, sum(query_count_in_this_period) as queries from citus_stat_tenants",
      "group by 1",
    ),
    cache_seconds: 15,
    metrics: [label("tenant", "Value of the distribution column"), gauge("queries", "Queries in the current period")],
  },
};

function onCoordinator(select: string, group: string): string {
  return `${select} where (select groupid from pg_dist_local_group) = 0 ${group}`;
}

function label(column: string, description: string) {
  return { [column]: { usage: "LABEL", description } };
}

function gauge(column: string, description: string) {
  return { [column]: { usage: "GAUGE", description } };
}
