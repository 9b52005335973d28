import type { DropStmt, RenameStmt } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { SourceFile, Statement } from "../sql/source-file.ts";
import { droppedNameParts, joinNameParts, tableName, tableRanges } from "../sql/syntax-tree.ts";
import type { Tables } from "../tables/tables.ts";

/**
 * Statements that take away what the running version of the service may use. A migration runs
 * before the new version takes traffic, so a table or column goes in two releases: in the first the
 * service stops using it, in the second a migration drops it and says so in a comment.
 */
export function checkExpandContract({ node, source }: Statement, tables: Tables): Violation[] {
  if ("DropStmt" in node) return checkDrops(node.DropStmt, source, tables);
  if ("RenameStmt" in node) return checkRenames(node.RenameStmt, source, tables);
  if ("TruncateStmt" in node) {
    const emptied = tableRanges(node.TruncateStmt.relations).filter((range) => tables.isInUse(range, source));
    return emptied.map((range) =>
      removalViolation(
        `table ${tableName(range)} is emptied`,
        "delete the rows that the service does not need",
        range.location,
      ),
    );
  }
  if ("AlterObjectSchemaStmt" in node && node.AlterObjectSchemaStmt.objectType === "OBJECT_TABLE") {
    const { relation } = node.AlterObjectSchemaStmt;
    return tables.isInUse(relation, source)
      ? [removalViolation(`table ${tableName(relation ?? {})} moves to another schema`, ADD_FIRST_REMEDY)]
      : [];
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
      ? [removalViolation(`column ${table}.${part.AlterTableCmd.name} is dropped`)]
      : [],
  );
}

const ADD_FIRST_REMEDY =
  "add the new one, let the service write both, then read the new one, and drop the old one in a later release";
const ACCEPT_REMEDY =
  "once no running version uses it, say so above: -- plinth:allow expand-contract: <since which release>";

function removalViolation(what: string, remedy = ACCEPT_REMEDY, location?: number): Violation {
  return { rule: "expand-contract", reason: `${what}, which the version that still runs may use`, remedy, location };
}

const DROPPED_KINDS: Record<string, string> = { OBJECT_TABLE: "table", OBJECT_VIEW: "view" };

function checkDrops(
  { removeType = "OBJECT_TABLE", objects }: DropStmt,
  source: SourceFile,
  tables: Tables,
): Violation[] {
  const kind = DROPPED_KINDS[removeType];
  if (kind === undefined) return [];
  return droppedNameParts(objects)
    .map(joinNameParts)
    .filter((name) => kind === "view" || tables.byName.get(name)?.created.statement.source !== source)
    .map((name) => removalViolation(`${kind} ${name} is dropped`));
}

function checkRenames(
  { renameType, relation, subname, newname }: RenameStmt,
  source: SourceFile,
  tables: Tables,
): Violation[] {
  const table = tableName(relation ?? {});
  if (renameType === "OBJECT_VIEW") return [removalViolation(`view ${table} becomes ${newname}`, ADD_FIRST_REMEDY)];
  if (!tables.isInUse(relation, source)) return [];
  if (renameType === "OBJECT_TABLE") return [removalViolation(`table ${table} becomes ${newname}`, ADD_FIRST_REMEDY)];
  return renameType === "OBJECT_COLUMN"
    ? [removalViolation(`column ${table}.${subname} becomes ${newname}`, ADD_FIRST_REMEDY)]
    : [];
}
