import type { CreateStmt, DefElem, Node } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";
import {
  columnDefinition,
  constraints,
  droppedNameParts,
  functionCalls,
  joinNameParts,
  stringValues,
  tableName,
  tableRanges,
  typeName,
} from "../sql/syntax-tree.ts";
import type { Tables } from "../tables/tables.ts";
import { citusViolation } from "./violation.ts";

/**
 * Objects that Citus 14 neither distributes nor passes on to its workers. Sources are files of
 * src/backend/distributed of Citus, with the text of its error where there is one.
 */
export function checkCitusObjects({ node, isLocalTable }: Statement, tables: Tables): Violation[] {
  if ("CreateStmt" in node) return isLocalTable ? [] : checkTable(node.CreateStmt, tables);
  if ("CreateTrigStmt" in node) return checkTrigger(node.CreateTrigStmt, tables);
  if ("CreateSeqStmt" in node) return checkSequence(node.CreateSeqStmt.options, tables);
  if ("DropStmt" in node) return checkDrop(node.DropStmt);
  if ("RenameStmt" in node) return checkRename(node.RenameStmt, tables);
  const violation = findObjectViolation(node);
  return violation ? [violation] : [];
}

function checkTable(create: CreateStmt, tables: Tables): Violation[] {
  const name = tableName(create.relation ?? {});
  const parents = tableRanges(create.inhRelations);
  const violations = (create.tableElts ?? []).flatMap((element) => checkSequenceColumn(name, element));
  // commands/create_distributed_table.c: "cannot distribute a temporary table".
  if (create.relation?.relpersistence === "t")
    violations.push(
      citusViolation(
        `${name} is a temporary table, which only the coordinator has`,
        "use a common table expression, or a table",
      ),
    );
  // commands/table.c: "non-distributed tables cannot inherit distributed tables".
  if (parents.length > 0 && create.partbound === undefined)
    violations.push(
      citusViolation(
        `${name} inherits from ${parents.map(tableName).join(", ")}`,
        "write its columns out, or make it a partition",
      ),
    );
  // commands/create_distributed_table.c: "distributing multi-level partitioned tables is not
  // supported".
  if (create.partbound !== undefined && create.partspec !== undefined)
    violations.push(
      citusViolation(
        `partition ${name} is partitioned again`,
        "partition by one level: shards divide the table as well",
      ),
    );
  // The same: "Citus does not support distributing partitions if their parent is not distributed
  // table".
  const [parent] = parents;
  if (create.partbound !== undefined && parent && tables.findByRange(parent) === undefined)
    violations.push(
      citusViolation(
        `${name} is a partition of ${tableName(parent)}, which is not a table of this service`,
        "create the partitioned table in an earlier file",
      ),
    );
  return violations;
}

/**
 * Only the coordinator gets numbers of such a sequence: the default on other nodes is
 * worker_nextval, which fails (commands/table.c).
 */
function checkSequenceColumn(table: string, element: Node): Violation[] {
  const column = columnDefinition(element);
  if (column?.typeName === undefined) return [];
  const type = typeName(column.typeName);
  const written = constraints(column.constraints);
  const numbered = written.some(
    ({ contype, raw_expr }) =>
      contype === "CONSTR_IDENTITY" || functionCalls(raw_expr).some(({ name }) => name === "nextval"),
  );
  if (!/^(small)?serial[24]?$/.test(type) && !(numbered && ["int2", "int4"].includes(type))) return [];
  const reason = `${table}.${column.colname} is numbered by a sequence smaller than bigint, whose numbers Citus's nodes cannot share`;
  return [citusViolation(reason, "make it bigint, or bigserial", column.location)];
}

/**
 * commands/trigger.c: "triggers are not supported on distributed tables", nor on reference tables.
 */
function checkTrigger(
  { trigname, relation }: { trigname?: string; relation?: { relname?: string } },
  tables: Tables,
): Violation[] {
  const name = tableName(relation ?? {});
  if (tables.distributionOf(name) === "local") return [];
  return [
    citusViolation(
      `trigger ${trigname} on ${name}: Citus has none on distributed and reference tables`,
      "let the service do it, in the same transaction",
    ),
  ];
}

/**
 * commands/sequence.c: "cannot create sequences that specify a distributed table in their OWNED BY
 * option".
 */
function checkSequence(options: Node[] = [], tables: Tables): Violation[] {
  return options
    .flatMap((node) => ("DefElem" in node ? [node.DefElem] : []))
    .flatMap(({ defname, arg }: DefElem) => {
      if (defname === "as" && arg && "TypeName" in arg && typeName(arg.TypeName) !== "int8")
        return [
          citusViolation(
            "the sequence is smaller than bigint, so Citus's nodes cannot share its numbers",
            "leave 'as …' out: it is bigint then",
          ),
        ];
      const owner =
        defname === "owned_by" && arg && "List" in arg ? joinNameParts(stringValues(arg.List.items).slice(0, -1)) : "";
      return tables.isSharded(owner)
        ? [citusViolation(`the sequence is owned by ${owner}, which is distributed`, "leave 'owned by …' out")]
        : [];
    });
}

/** commands/index.c: "cannot drop multiple distributed objects in a single command". */
function checkDrop({ removeType, objects = [] }: { removeType?: string; objects?: Node[] }): Violation[] {
  if (removeType !== "OBJECT_INDEX" || objects.length < 2) return [];
  const names = droppedNameParts(objects).map((parts) => parts.at(-1));
  return [citusViolation(`${names.join(", ")} are dropped by one statement`, "write one statement for each")];
}

/**
 * commands/rename.c: "renaming constraints belonging to distributed tables is currently
 * unsupported".
 */
function checkRename(
  { renameType, relation, subname }: { renameType?: string; relation?: { relname?: string }; subname?: string },
  tables: Tables,
): Violation[] {
  const name = tableName(relation ?? {});
  if (renameType !== "OBJECT_TABCONSTRAINT" || !tables.isSharded(name)) return [];
  return [
    citusViolation(
      `constraint ${subname} of ${name} is renamed, which Citus cannot`,
      "keep its name, or add a second one and drop the old one",
    ),
  ];
}

/** Objects that Citus refuses whatever the tables are. */
function findObjectViolation(node: Node): Violation | undefined {
  // The rule system is not supported:
  // https://docs.citusdata.com/en/stable/develop/reference_workarounds.html
  if ("RuleStmt" in node)
    return citusViolation(`rule ${node.RuleStmt.rulename}: Citus has no rule system`, "let the service do it");
  // commands/create_distributed_table.c: "foreign tables cannot be distributed".
  if ("CreateForeignTableStmt" in node)
    return citusViolation("a foreign table cannot be distributed", "import its rows by the service that needs them");
  // commands/sequence.c: "Altering a distributed sequence is currently not supported".
  if ("AlterSeqStmt" in node)
    return citusViolation(
      `sequence ${node.AlterSeqStmt.sequence?.relname} is altered, which Citus refuses once a distributed table uses it`,
      "make a new sequence",
    );
  if ("CreateTableAsStmt" in node) return createTableAsViolation(node.CreateTableAsStmt);
  if ("SelectStmt" in node && node.SelectStmt.intoClause)
    return createTableAsViolation({ into: node.SelectStmt.intoClause });
  return undefined;
}

/**
 * ConvertNewTableIfNecessary in commands/table.c distributes such a table only in a tenant's
 * schema.
 */
function createTableAsViolation({
  objtype,
  into,
}: {
  objtype?: string;
  into?: { rel?: { relname?: string } };
}): Violation {
  const name = tableName(into?.rel ?? {});
  if (objtype === "OBJECT_MATVIEW") {
    const reason = `materialized view ${name} would hold rows of all tenants without row level security, on the coordinator`;
    return { rule: "row-security", reason, remedy: "make it a tenant table that the service keeps, or a plain view" };
  }
  return citusViolation(
    `table ${name} is created from a query: it has no keys and stays on the coordinator`,
    "create, distribute and protect it first, then 'insert … select'",
  );
}
