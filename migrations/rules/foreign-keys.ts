import { type ForeignKey, type Table, type Tables, TENANT_COLUMN, TENANTS_TABLE } from "../tables/tables.ts";
import type { TableViolation, ViolationText } from "./violation.ts";

/**
 * Citus allows foreign keys between shards of one tenant and to reference tables only:
 * ErrorIfUnsupportedForeignConstraintExists in commands/foreign_constraint.c.
 */
export function checkForeignKeys(table: Table, tables: Tables): TableViolation[] {
  return table.foreignKeys.flatMap((key) => {
    const violation = tables.isTenantTable(table)
      ? findTenantTableViolation(table, key, tables)
      : findSharedTableViolation(table, key, tables);
    return violation === undefined
      ? []
      : [{ rule: "foreign-key" as const, ...violation, location: key.place.location, place: key.place }];
  });
}

function findTenantTableViolation(table: Table, key: ForeignKey, tables: Tables): ViolationText | undefined {
  const what = `foreign key ${key.name} of tenant table ${table.name}`;
  const target = tables.byName.get(key.target);
  if (key.target === TENANTS_TABLE) return findTenantsReferenceViolation(what, key) ?? findActionViolation(what, key);
  if (target === undefined || tables.distributionOf(key.target) === "local")
    return {
      reason: `${what} refers to ${key.target}, which is not a tenant or reference table of this service`,
      remedy:
        "drop it, or make its target a tenant or reference table in an earlier file: a shard reaches no other tables",
    };
  if (tables.distributionOf(key.target) === "reference") return undefined;
  const targets = key.targetColumns.length > 0 ? key.targetColumns : primaryKeyColumns(target);
  const [from, to] = [key.columns.indexOf(TENANT_COLUMN), targets.indexOf(TENANT_COLUMN)];
  if (from < 0 || from !== to) {
    const others = (names: string[]) => [TENANT_COLUMN, ...names.filter((name) => name !== TENANT_COLUMN)].join(", ");
    return {
      reason: `${what} ${from < 0 ? `lacks ${TENANT_COLUMN}` : `does not match ${TENANT_COLUMN} with ${TENANT_COLUMN}`}`,
      remedy: `make it foreign key (${others(key.columns)}) references ${key.target} (${others(targets)}): a row refers only to rows of the same tenant`,
    };
  }
  return findActionViolation(what, key);
}

function findTenantsReferenceViolation(
  what: string,
  { columns, targetColumns }: ForeignKey,
): ViolationText | undefined {
  const right = columns.join() === TENANT_COLUMN && (targetColumns.length === 0 || targetColumns.join() === "id");
  if (right) return undefined;
  return {
    reason: `${what} refers to ${TENANTS_TABLE} by (${columns.join(", ")})`,
    remedy: `make it foreign key (${TENANT_COLUMN}) references ${TENANTS_TABLE} (id)`,
  };
}

/** EnsureSupportedFKeyOnDistKey: an action may not change the distribution column. */
function findActionViolation(what: string, { onDelete, onUpdate }: ForeignKey): ViolationText | undefined {
  const names: Record<string, string> = { c: "cascade", n: "set null", d: "set default" };
  const action = "nd".includes(onDelete)
    ? `on delete ${names[onDelete]}`
    : "cnd".includes(onUpdate)
      ? `on update ${names[onUpdate]}`
      : "";
  if (action === "") return undefined;
  return {
    reason: `${what} has '${action}', which would change ${TENANT_COLUMN}`,
    remedy: "leave it out; 'on delete cascade' is the one action that Citus allows for such a key",
  };
}

/** A reference or local table cannot refer to tenants' rows. */
function findSharedTableViolation(table: Table, key: ForeignKey, tables: Tables): ViolationText | undefined {
  const target = tables.byName.get(key.target);
  if (key.target !== TENANTS_TABLE && target !== undefined && !tables.isTenantTable(target)) return undefined;
  return {
    reason: `foreign key ${key.name} of ${tables.distributionOf(table.name)} table ${table.name} refers to ${key.target}, which is not a reference or local table`,
    remedy: `drop it, or give ${table.name} a ${TENANT_COLUMN} and distribute it`,
  };
}

const primaryKeyColumns = ({ keys }: Table): string[] => keys.find(({ kind }) => kind === "primary key")?.columns ?? [];
