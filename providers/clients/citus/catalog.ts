import type { Client } from "pg";
import { hasCitus } from "../postgres/database.ts";

/** A row of pg_dist_node. */
export interface CitusNode {
  id: number;
  /** 0 is the coordinator. */
  group: number;
  host: string;
  port: number;
  active: boolean;
  takesShards: boolean;
  /**
   * How many shards of distributed tables it holds; not of reference tables, which all nodes hold.
   */
  shards: number;
}

/** Lists the coordinator, then the workers as they joined; undefined without the extension. */
export async function listNodes(client: Client): Promise<CitusNode[] | undefined> {
  if (!(await hasCitus(client))) return undefined;
  const { rows } = await client.query<CitusNode>(
    `select nodeid as id, groupid as "group", nodename as host, nodeport as port, isactive as active, shouldhaveshards as "takesShards",
       (select count(*)::int from pg_dist_placement join pg_dist_shard using (shardid) join pg_dist_partition using (logicalrelid)
        where pg_dist_placement.groupid = node.groupid and repmodel <> 't') as shards
     from pg_dist_node as node where noderole = 'primary' order by groupid, nodeid`,
  );
  return rows;
}

/**
 * Reads the group that a node is in by its own catalog: 0 for the coordinator, and for a node that
 * never joined or lost its volume.
 */
export async function readLocalGroup(client: Client): Promise<number> {
  const { rows } = await client.query<{ group: number }>(`select groupid as "group" from pg_dist_local_group`);
  return rows[0]?.group ?? 0;
}
