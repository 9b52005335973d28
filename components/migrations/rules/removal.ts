import type { DropStmt, RenameStmt } from "libpg-query";
import type { Flaw } from "../finding.ts";
import type { Source, Statement } from "../source.ts";
import type { Tables } from "../tables.ts";
import { droppedNames, nameOfParts, ranges, tableName } from "../tree.ts";

/**
 * What takes away something that the version of the service that still runs may use. A migration runs before the new version takes traffic, so
 * a table or column leaves in two releases: one whose service does not use it any more, then one whose migration drops it, which says so.
 */
export function removalFlaws({ node, source }: Statement, tables: Tables): Flaw[] {
  if ("DropStmt" in node) return drops(node.DropStmt, source, tables);
  if ("RenameStmt" in node) return renames(node.RenameStmt, source, tables);
  if ("TruncateStmt" in node) {
    const emptied = ranges(node.TruncateStmt.relations).filter((range) => tables.isInUse(range, source));
    return emptied.map((range) =>
      removal(`table ${tableName(range)} is emptied`, "delete what is not needed by the service", range.location),
    );
  }
  if ("AlterObjectSchemaStmt" in node && node.AlterObjectSchemaStmt.objectType === "OBJECT_TABLE") {
    const { relation } = node.AlterObjectSchemaStmt;
    return tables.isInUse(relation, source) ? [removal(`table ${tableName(relation ?? {})} moves to another schema`, ADD_FIRST)] : [];
  }
  if (
    !("AlterTableStmt" in node) ||
    node.AlterTableStmt.objtype !== "OBJECT_TABLE" ||
    !tables.isInUse(node.AlterTableStmt.relation, source)
  )
    return [];
  const table = tableName(node.AlterTableStmt.relation ?? {});
  return (node.AlterTableStmt.cmds ?? []).flatMap((part) =>
    "AlterTableCmd" in part && part.AlterTableCmd.subtype === "AT_DropColumn"
      ? [removal(`column ${table}.${part.AlterTableCmd.name} is dropped`)]
      : [],
  );
}

const ADD_FIRST = "add the new one, let the service write both, then read the new one, and drop the old one in a later release";
const ACCEPT = "once no running version uses it, say so above: -- plinth:allow expand-contract: <since which release>";

function removal(what: string, remedy = ACCEPT, location?: number): Flaw {
  return { rule: "expand-contract", reason: `${what}, which the version that still runs may use`, remedy, location };
}

const DROPPED: Record<string, string> = { OBJECT_TABLE: "table", OBJECT_VIEW: "view" };

function drops({ removeType = "OBJECT_TABLE", objects }: DropStmt, source: Source, tables: Tables): Flaw[] {
  const kind = DROPPED[removeType];
  if (kind === undefined) return [];
  return droppedNames(objects)
    .map(nameOfParts)
    .filter((name) => kind === "view" || tables.byName.get(name)?.created.statement.source !== source)
    .map((name) => removal(`${kind} ${name} is dropped`));
}

function renames({ renameType, relation, subname, newname }: RenameStmt, source: Source, tables: Tables): Flaw[] {
  const table = tableName(relation ?? {});
  if (renameType === "OBJECT_VIEW") return [removal(`view ${table} becomes ${newname}`, ADD_FIRST)];
  if (!tables.isInUse(relation, source)) return [];
  if (renameType === "OBJECT_TABLE") return [removal(`table ${table} becomes ${newname}`, ADD_FIRST)];
  return renameType === "OBJECT_COLUMN" ? [removal(`column ${table}.${subname} becomes ${newname}`, ADD_FIRST)] : [];
}
