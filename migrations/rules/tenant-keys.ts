import type { Violation } from "../finding.ts";
import { type Table, type Tables, TENANT_COLUMN, type UniqueKey } from "../tables/tables.ts";
import type { TableViolation } from "./violation.ts";

/**
 * All rows of a tenant lie on one shard, by `tenant_id`, and each shard judges uniqueness alone. No
 * shard could enforce a key without that column across tenants, so Citus refuses it
 * (ErrorIfUnsupportedConstraint in commands/table.c, ErrorIfUnsupportedIndexStmt in
 * commands/index.c). On plain PostgreSQL its collisions would show one tenant another's keys.
 */
export function checkTenantKeys(table: Table, tables: Tables): TableViolation[] {
  const column = findTenantColumnViolation(table, tables);
  if (column) return [{ ...column, place: table.created }];
  if (!tables.isTenantTable(table)) return [];
  const distribution = tables.distributionOf(table.name) === "none" ? [undistributedViolation(table)] : [];
  return [
    ...checkPrimaryKey(table),
    ...table.keys.filter(lacksTenant).map((key) => uniqueKeyViolation(table, key)),
    ...distribution,
  ];
}

function findTenantColumnViolation(table: Table, tables: Tables): Violation | undefined {
  const { name, columns } = table;
  const [column, distribution] = [columns.get(TENANT_COLUMN), tables.distributionOf(name)];
  if (distribution === "reference" || distribution === "local") {
    if (column === undefined) return undefined;
    const remedy = "distribute it by plinth_distribute, or leave the column out";
    return {
      rule: "tenant-column",
      reason: `table ${name} has a ${TENANT_COLUMN}, but is declared a ${distribution} table`,
      remedy,
    };
  }
  if (column === undefined) {
    const remedy =
      `add '${TENANT_COLUMN} bigint not null' to its columns and keys; if its rows belong to no tenant, make it a reference table by ` +
      `"select plinth_reference('${name}')", or say above it -- plinth:local-table: <reason>`;
    return { rule: "tenant-column", reason: `table ${name} has no ${TENANT_COLUMN}`, remedy };
  }
  // Citus colocates tables whose distribution columns have one type; tenants.id is bigint.
  if (column.type !== "int8" || column.generated) {
    const remedy = `write '${TENANT_COLUMN} bigint not null', the type of tenants.id: Citus colocates tables by columns of one type`;
    return {
      rule: "tenant-column",
      reason: `${name}.${TENANT_COLUMN} is ${column.generated ? "generated" : column.type}`,
      remedy,
    };
  }
  return undefined;
}

/**
 * Citus moves shards to another node by logical replication, which identifies rows by primary key.
 */
function checkPrimaryKey({ name, keys, created }: Table): TableViolation[] {
  if (keys.some(({ kind }) => kind === "primary key")) return [];
  const remedy = `add 'primary key (${TENANT_COLUMN}, …)': without it Citus cannot move its shards to another node while they are written`;
  return [{ rule: "primary-key", reason: `tenant table ${name} has no primary key`, remedy, place: created }];
}

const lacksTenant = ({ columns }: UniqueKey): boolean => !columns.includes(TENANT_COLUMN);

function uniqueKeyViolation({ name }: Table, { kind, columns, name: key, place }: UniqueKey): TableViolation {
  const equality = kind === "exclusion constraint";
  const reason = `${kind} ${key} of tenant table ${name} lacks ${TENANT_COLUMN}${equality ? " with =" : ""}`;
  const remedy = equality
    ? `add '${TENANT_COLUMN} with =' to it`
    : `make it (${[TENANT_COLUMN, ...columns].join(", ")}): shards judge uniqueness alone, each for its tenants`;
  return { rule: "tenant-key", reason, remedy, location: place.location, place };
}

function undistributedViolation({ name, created }: Table): TableViolation {
  const remedy = `add "select plinth_distribute('${name}')" after it, or all its rows stay on Citus's coordinator`;
  return { rule: "distribution", reason: `tenant table ${name} is never distributed`, remedy, place: created };
}
