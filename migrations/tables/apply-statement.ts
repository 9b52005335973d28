import type { CreateStmt, DropStmt, IndexStmt, Node, RangeVar, RenameStmt } from "libpg-query";
import type { Statement } from "../sql/source-file.ts";
import {
  columnDefinition,
  constraints,
  droppedNameParts,
  joinNameParts,
  tableName,
  tableRanges,
} from "../sql/syntax-tree.ts";
import { addColumn, applyAlterTable } from "./alter-table.ts";
import { addConstraint } from "./constraints.ts";
import { findDistributions } from "./distribution-calls.ts";
import { type Table, type Tables, TENANTS_TABLE } from "./tables.ts";

/** Applies `statement` to `tables`. Statements that no rule asks about leave them as they are. */
export function applyStatement(tables: Tables, statement: Statement): void {
  const { node } = statement;
  if ("CreateStmt" in node) applyCreateTable(tables, node.CreateStmt, statement);
  else if ("AlterTableStmt" in node) applyAlterTable(tables, node.AlterTableStmt, statement);
  else if ("IndexStmt" in node) applyCreateIndex(tables, node.IndexStmt, statement);
  else if ("DropStmt" in node) applyDrop(tables, node.DropStmt, statement);
  else if ("RenameStmt" in node) applyRename(tables, node.RenameStmt);
  else if ("AlterObjectSchemaStmt" in node) applySetSchema(tables, node.AlterObjectSchemaStmt);
  else if ("CreatePolicyStmt" in node || "AlterPolicyStmt" in node) applyPolicy(tables, node, statement);
  else if ("SelectStmt" in node)
    for (const { name, kind } of findDistributions(node)) setDistribution(tables, name, kind);
}

function applyCreateTable(tables: Tables, create: CreateStmt, statement: Statement): void {
  const name = tableName(create.relation ?? {});
  // A temporary table goes with the connection.
  if (create.relation?.relpersistence === "t" || (create.if_not_exists && tables.byName.has(name))) return;
  const place = { statement };
  const table: Table = {
    name,
    columns: new Map(),
    keys: [],
    foreignKeys: [],
    checks: [],
    policies: new Map(),
    rowSecurity: { enabled: false, forced: false, place },
    distribution: statement.isLocalTable ? "local" : "none",
    partitionOf: create.partbound === undefined ? undefined : tableName(tableRanges(create.inhRelations)[0] ?? {}),
    created: place,
  };
  tables.byName.set(name, table);
  for (const parent of tableRanges(create.inhRelations))
    copyColumns(tables.findByRange(parent), table, create.partbound !== undefined);
  for (const element of create.tableElts ?? []) {
    const column = columnDefinition(element);
    if (column) addColumn(tables, table, column, statement);
    if ("TableLikeClause" in element)
      copyColumns(
        tables.findByRange(element.TableLikeClause.relation),
        table,
        ((element.TableLikeClause.options ?? 0) & INCLUDING_INDEXES) > 0,
      );
  }
  for (const constraint of constraints(create.tableElts))
    addConstraint(tables, table, constraint, { statement, location: constraint.location });
}

/** PostgreSQL's bit of `including indexes`; `including all` has every bit. */
const INCLUDING_INDEXES = 1 << 6;

function copyColumns(parent: Table | undefined, table: Table, withKeys: boolean): void {
  for (const [name, column] of parent?.columns ?? []) table.columns.set(name, column);
  if (withKeys) table.keys.push(...(parent?.keys ?? []).map((key) => ({ ...key, place: table.created })));
}

function applyCreateIndex(tables: Tables, index: IndexStmt, statement: Statement): void {
  const table = tables.findByRange(index.relation);
  const columns = (index.indexParams ?? []).flatMap((node) =>
    "IndexElem" in node && node.IndexElem.name ? [node.IndexElem.name] : [],
  );
  const name = index.idxname ?? [tableName(index.relation ?? {}), ...columns, "idx"].join("_");
  if (index.if_not_exists && tables.indexes.has(name)) return;
  const unique = index.unique === true;
  tables.indexes.set(name, { table: tableName(index.relation ?? {}), columns, unique, source: statement.source });
  if (unique) table?.keys.push({ name, kind: "unique index", columns, place: { statement } });
}

function applyDrop(tables: Tables, { removeType, objects }: DropStmt, statement: Statement): void {
  for (const parts of droppedNameParts(objects)) {
    if (removeType === "OBJECT_TABLE") removeTable(tables, joinNameParts(parts));
    if (removeType === "OBJECT_INDEX") removeIndex(tables, parts.at(-1) ?? "");
    if (removeType === "OBJECT_POLICY") {
      const table = tables.byName.get(joinNameParts(parts.slice(0, -1)));
      if (table?.policies.delete(parts.at(-1) ?? ""))
        table.rowSecurity = { ...table.rowSecurity, place: { statement } };
    }
  }
}

function removeTable(tables: Tables, name: string): void {
  tables.byName.delete(name);
  for (const [index, { table }] of tables.indexes) if (table === name) tables.indexes.delete(index);
  for (const table of tables.byName.values())
    table.foreignKeys = table.foreignKeys.filter(({ target }) => target !== name);
}

function removeIndex(tables: Tables, name: string): void {
  const table = tables.byName.get(tables.indexes.get(name)?.table ?? "");
  if (table) table.keys = table.keys.filter((key) => key.name !== name);
  tables.indexes.delete(name);
}

function applyRename(tables: Tables, { renameType, relation, subname = "", newname = "" }: RenameStmt): void {
  const table = tables.findByRange(relation);
  if (renameType === "OBJECT_TABLE" && table) renameTable(tables, table, tableName({ ...relation, relname: newname }));
  if (renameType === "OBJECT_COLUMN" && table) renameColumn(tables, table, subname, newname);
  if (renameType === "OBJECT_TABCONSTRAINT")
    for (const named of [...(table?.keys ?? []), ...(table?.foreignKeys ?? []), ...(table?.checks ?? [])])
      if (named.name === subname) named.name = newname;
  if (renameType === "OBJECT_INDEX") renameIndex(tables, relation?.relname ?? "", newname);
  if (renameType === "OBJECT_POLICY") {
    const policy = table?.policies.get(subname);
    if (policy && table?.policies.delete(subname)) table.policies.set(newname, policy);
  }
}

function renameTable(tables: Tables, table: Table, to: string): void {
  for (const other of tables.byName.values()) {
    if (other.partitionOf === table.name) other.partitionOf = to;
    for (const key of other.foreignKeys) if (key.target === table.name) key.target = to;
  }
  for (const index of tables.indexes.values()) if (index.table === table.name) index.table = to;
  tables.byName.delete(table.name);
  table.name = to;
  tables.byName.set(to, table);
}

function renameColumn(tables: Tables, table: Table, from: string, to: string): void {
  const renamed = (columns: string[]) => columns.map((name) => (name === from ? to : name));
  table.columns = new Map([...table.columns].map(([name, column]) => [name === from ? to : name, column]));
  for (const key of [...table.keys, ...table.foreignKeys]) key.columns = renamed(key.columns);
  for (const check of table.checks) if (check.notNull === from) check.notNull = to;
  for (const index of tables.indexes.values()) if (index.table === table.name) index.columns = renamed(index.columns);
  for (const { foreignKeys } of tables.byName.values())
    for (const key of foreignKeys) if (key.target === table.name) key.targetColumns = renamed(key.targetColumns);
}

function renameIndex(tables: Tables, from: string, to: string): void {
  const index = tables.indexes.get(from);
  if (index === undefined) return;
  tables.indexes.delete(from);
  tables.indexes.set(to, index);
  for (const key of tables.byName.get(index.table)?.keys ?? []) if (key.name === from) key.name = to;
}

function applySetSchema(
  tables: Tables,
  { objectType, relation, newschema }: { objectType?: string; relation?: RangeVar; newschema?: string },
): void {
  const table = tables.findByRange(relation);
  if (objectType === "OBJECT_TABLE" && table)
    renameTable(tables, table, tableName({ relname: relation?.relname ?? "", schemaname: newschema ?? "public" }));
}

function applyPolicy(tables: Tables, node: Node, statement: Statement): void {
  const created = "CreatePolicyStmt" in node ? node.CreatePolicyStmt : undefined;
  const policy = created ?? ("AlterPolicyStmt" in node ? node.AlterPolicyStmt : undefined);
  const [table, name] = [tables.findByRange(policy?.table), policy?.policy_name ?? ""];
  if (table === undefined || policy === undefined) return;
  const before = table.policies.get(name);
  const expressions = [policy.qual, policy.with_check].filter((expression) => expression !== undefined);
  table.policies.set(name, {
    permissive: created === undefined ? (before?.permissive ?? true) : created.permissive === true,
    // `alter policy` keeps the parts that it does not name.
    expressions: expressions.length > 0 ? expressions : (before?.expressions ?? []),
    place: { statement },
  });
}

function setDistribution(tables: Tables, name: string, kind: "tenant" | "reference"): void {
  const table = tables.byName.get(name);
  if (table && name !== TENANTS_TABLE) table.distribution = kind;
}
