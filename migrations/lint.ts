import type { Finding, Violation } from "./finding.ts";
import { checkCitusAlterTable } from "./rules/citus-alter-table.ts";
import { checkCitusObjects } from "./rules/citus-objects.ts";
import { checkCitusQueries } from "./rules/citus-queries.ts";
import { checkDistribution } from "./rules/distribution.ts";
import { checkExpandContract } from "./rules/expand-contract.ts";
import { checkForeignKeys } from "./rules/foreign-keys.ts";
import { checkIndexes, checkSingleStatement } from "./rules/indexes.ts";
import { checkLocks } from "./rules/locks.ts";
import { checkHiddenRows, checkRowSecurity } from "./rules/row-security.ts";
import { checkTenantKeys } from "./rules/tenant-keys.ts";
import { checkTransactions } from "./rules/transactions.ts";
import type { SqlParser } from "./sql/parser.ts";
import { parseSource, type SourceFile, type SqlFile, type Statement, toFinding } from "./sql/source-file.ts";
import { applyStatement } from "./tables/apply-statement.ts";
import { Tables } from "./tables/tables.ts";

/** Rules of a statement, given the tables as the statements before it leave them. */
const STATEMENT_RULES: readonly ((statement: Statement, tables: Tables) => Violation[])[] = [
  checkTransactions,
  checkSingleStatement,
  checkIndexes,
  checkLocks,
  checkExpandContract,
  checkDistribution,
  checkHiddenRows,
  checkCitusObjects,
  checkCitusAlterTable,
  checkCitusQueries,
];

/** Rules of a table as all files together leave it: a later file may correct an earlier one. */
const TABLE_RULES = [checkTenantKeys, checkForeignKeys, checkRowSecurity];

/**
 * Judges the migrations of one service, in their order, without a database.
 *
 * @returns every reason to refuse them, by file and line. If PostgreSQL cannot read one of the
 * files, only syntax is judged.
 */
export function lintMigrations(files: readonly SqlFile[], parser: SqlParser): Finding[] {
  const sources = files.map((file) => parseSource(file, parser));
  const findings = sources.flatMap((source) => source.findings);
  if (findings.some(({ rule }) => rule === "syntax")) return findings;
  const tables = new Tables();
  const accepted = collectAcceptedRules(sources);
  const report = (statement: Statement, violation: Violation) => {
    const { rule } = violation;
    if (!statement.acceptedRules.has(rule) && !accepted.has(`${rule} ${statement.source.file.name}`))
      findings.push(toFinding(statement, violation));
  };
  for (const statement of sources.flatMap(({ statements }) => statements)) {
    for (const violation of STATEMENT_RULES.flatMap((rule) => rule(statement, tables))) report(statement, violation);
    applyStatement(tables, statement);
  }
  for (const table of tables.byName.values())
    for (const { place, ...violation } of TABLE_RULES.flatMap((rule) => rule(table, tables)))
      report(place.statement, violation);
  return findings.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** `<rule> <file>` for each `-- plinth:allow <rule> in <file>: <reason>` about an earlier file. */
function collectAcceptedRules(sources: readonly SourceFile[]): Set<string> {
  const earlier = new Set<string>();
  const accepted = new Set<string>();
  for (const { file, directives } of sources) {
    for (const { rule, file: name } of directives.acceptedRules)
      if (name !== undefined && earlier.has(name)) accepted.add(`${rule} ${name}`);
    earlier.add(file.name);
  }
  return accepted;
}
