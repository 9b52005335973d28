import type { AlterTableCmd } from "libpg-query";
import type { Violation } from "../finding.ts";
import { findPossiblyVolatileCalls } from "../sql/function-volatility.ts";
import { columnDefinition, constraints, typeModifiers, typeName } from "../sql/syntax-tree.ts";
import type { Column, Table, Tables } from "../tables/tables.ts";

/**
 * Column changes that rewrite or read every row of a table in use, under a lock that stops everyone
 * else.
 */
export function checkColumnChange(
  name: string,
  table: Table | undefined,
  command: AlterTableCmd,
  tables: Tables,
): Violation[] {
  if (command.subtype === "AT_AddColumn") return checkAddColumn(name, command, tables);
  if (command.subtype === "AT_AlterColumnType") return checkColumnType(name, table, command);
  return command.subtype === "AT_SetNotNull" ? checkSetNotNull(name, table, command) : [];
}

function checkAddColumn(table: string, { def }: AlterTableCmd, tables: Tables): Violation[] {
  const column = columnDefinition(def);
  const [name, location] = [`${table}.${column?.colname}`, column?.location];
  const written = constraints(column?.constraints);
  const of = (kind: string) => written.find(({ contype }) => contype === `CONSTR_${kind}`);
  const violation = (reason: string, remedy: string): Violation => ({ rule: "add-column", reason, remedy, location });
  const later =
    "add it without a default, let the service fill it in steps, and set the default for new rows by 'alter column … set default'";
  const numbered = of("IDENTITY") !== undefined || /serial/.test(typeName(column?.typeName ?? {}));
  // On a distributed table Citus refuses it: checkCitusAlterTable reports that.
  if (numbered)
    return tables.isSharded(table)
      ? []
      : [violation(`${name} is numbered, for which every row is rewritten under a lock`, later)];
  const violations: Violation[] = [];
  if (of("GENERATED")?.generated_kind === "s")
    violations.push(
      violation(
        `${name} is generated and stored, for which every row is rewritten under a lock`,
        "make it virtual, or let the service fill it",
      ),
    );
  const defaultValue = of("DEFAULT")?.raw_expr;
  const [call] = findPossiblyVolatileCalls(defaultValue);
  if (call)
    violations.push(
      violation(`the default of ${name} calls ${call.name}, so every row is rewritten under a lock`, later),
    );
  if ((of("NOTNULL") || of("PRIMARY")) && defaultValue === undefined && of("GENERATED") === undefined)
    violations.push(
      violation(
        `${name} is not null without a default: it fails on existing rows, and running services insert without it`,
        "give it a constant default; or add it nullable, fill it, and set it not null in a later file",
      ),
    );
  return [
    ...violations,
    ...checkColumnConstraints(
      name,
      written.map(({ contype = "" }) => contype),
      defaultValue !== undefined,
      location,
    ),
  ];
}

/** A foreign key of a new column without a default reads no rows: all of them are null. */
function checkColumnConstraints(
  name: string,
  kinds: string[],
  hasDefault: boolean,
  location: number | undefined,
): Violation[] {
  const checked = kinds.find((kind) => /PRIMARY|UNIQUE|CHECK/.test(kind) || (kind === "CONSTR_FOREIGN" && hasDefault));
  if (checked === undefined) return [];
  const reason = `${name} is added with a constraint for which all rows are read under a lock`;
  const remedy =
    "add the column alone, then the constraint: 'not valid' and validated in a later file, or 'using index'";
  return [{ rule: "add-constraint", reason, remedy, location }];
}

function checkColumnType(
  name: string,
  table: Table | undefined,
  { name: column = "", def }: AlterTableCmd,
): Violation[] {
  const definition = columnDefinition(def);
  const [before, type] = [table?.columns.get(column), definition?.typeName ?? {}];
  if (before && definition?.raw_default === undefined && avoidsRewrite(before, typeName(type), typeModifiers(type)))
    return [];
  const reason = `${name}.${column} changes its type, for which every row is rewritten under a lock`;
  const remedy =
    "add a column of the new type, let the service write both and fill the old rows, then read the new one, and drop the old one last";
  return [{ rule: "rewrite", reason, remedy, location: definition?.location }];
}

/**
 * Whether only the catalogue changes, as for a longer varchar (ATColumnChangeRequiresRewrite in
 * PostgreSQL's tablecmds.c).
 */
function avoidsRewrite(
  { type: from, modifiers: [size, scale = 0] }: Column,
  to: string,
  [newSize, newScale = 0]: number[],
): boolean {
  const texts = ["text", "varchar"];
  if (texts.includes(from) && texts.includes(to))
    return newSize === undefined || (size !== undefined && newSize >= size);
  if (from !== to) return false;
  if (from === "numeric") return newSize === undefined || (size !== undefined && newSize >= size && newScale === scale);
  return (
    size === newSize ||
    (["varbit", "timestamp", "timestamptz", "time", "timetz"].includes(from) && newSize === undefined)
  );
}

/**
 * PostgreSQL reads no rows when a validated check proves it (NotNullImpliedByRelConstraints in the
 * same file).
 */
function checkSetNotNull(name: string, table: Table | undefined, { name: column = "" }: AlterTableCmd): Violation[] {
  if (table?.checks.some(({ notNull, validated }) => notNull === column && validated)) return [];
  const check = `${name}_${column}_not_null`;
  const remedy =
    `first "alter table ${name} add constraint ${check} check (${column} is not null) not valid"; in a later file, "alter table ${name} validate ` +
    `constraint ${check}"; then this, and drop the check`;
  return [
    { rule: "set-not-null", reason: `for ${name}.${column} to be not null all rows are read under a lock`, remedy },
  ];
}
