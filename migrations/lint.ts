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

/** What a statement is refused for, with the tables as the statements before it left them. */
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

/**
 * What a table is refused for, as all files together leave it: a later file may mend what an
 * earlier one lacks.
 */
const TABLE_RULES = [checkTenantKeys, checkForeignKeys, checkRowSecurity];

/**
 * Judges the migrations of one service, in their order, without a database.
 *
 * @returns every reason to refuse them, by file and line; empty when they are good. Of files of
 * which one is no SQL, the syntax alone is judged.
 */
export function lintMigrations(files: readonly SqlFile[], parser: SqlParser): Finding[] {
  const sources = files.map((file) => parseSource(file, parser));
  const mistakes = sources.flatMap((source) => source.findings);
  if (mistakes.some(({ rule }) => rule === "syntax")) return mistakes;
  const tables = new Tables();
  const accepted = collectAcceptedRules(sources);
  const findings: Finding[] = [...mistakes];
  const judge = (statement: Statement, flaw: Violation) => {
    const { rule } = flaw;
    if (!statement.allowed.has(rule) && !accepted.has(`${rule} ${statement.source.file.name}`))
      findings.push(toFinding(statement, flaw));
  };
  for (const statement of sources.flatMap(({ statements }) => statements)) {
    for (const flaw of STATEMENT_RULES.flatMap((rule) => rule(statement, tables))) judge(statement, flaw);
    applyStatement(tables, statement);
  }
  for (const table of tables.byName.values())
    for (const { place, ...flaw } of TABLE_RULES.flatMap((rule) => rule(table, tables))) judge(place.statement, flaw);
  return findings.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** `-- plinth:allow <rule> in <file>: <reason>`, of files before the one that says so. */
function collectAcceptedRules(sources: readonly SourceFile[]): Set<string> {
  const earlier = new Set<string>();
  const accepted = new Set<string>();
  for (const { file, directives } of sources) {
    for (const { rule, file: name } of directives.allowances)
      if (name !== undefined && earlier.has(name)) accepted.add(`${rule} ${name}`);
    earlier.add(file.name);
  }
  return accepted;
}
