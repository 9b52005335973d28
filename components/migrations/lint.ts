import type { Finding, Flaw } from "./finding.ts";
import { fold } from "./fold.ts";
import type { Parse } from "./parser.ts";
import { citusAlterFlaws } from "./rules/citus-alter.ts";
import { citusObjectFlaws } from "./rules/citus-objects.ts";
import { citusQueryFlaws } from "./rules/citus-queries.ts";
import { distributionFlaws } from "./rules/distribution.ts";
import { foreignKeyFlaws } from "./rules/foreign-keys.ts";
import { indexFlaws, loneStatementFlaws } from "./rules/indexes.ts";
import { lockFlaws } from "./rules/locks.ts";
import { removalFlaws } from "./rules/removal.ts";
import { hiddenRowFlaws, rowSecurityFlaws } from "./rules/row-security.ts";
import { tenantKeyFlaws } from "./rules/tenant-keys.ts";
import { transactionFlaws } from "./rules/transactions.ts";
import { findingOf, readSource, type Source, type SqlFile, type Statement } from "./source.ts";
import { Tables } from "./tables.ts";

/** What a statement is refused for, with the tables as the statements before it left them. */
const statementRules: readonly ((statement: Statement, tables: Tables) => Flaw[])[] = [
  transactionFlaws,
  loneStatementFlaws,
  indexFlaws,
  lockFlaws,
  removalFlaws,
  distributionFlaws,
  hiddenRowFlaws,
  citusObjectFlaws,
  citusAlterFlaws,
  citusQueryFlaws,
];

/** What a table is refused for, as all files together leave it: a later file may mend what an earlier one lacks. */
const tableRules = [tenantKeyFlaws, foreignKeyFlaws, rowSecurityFlaws];

/**
 * Judges the migrations of one service, in their order, without a database.
 *
 * @returns every reason to refuse them, by file and line; empty when they are good. Of files of which one is no SQL, the syntax alone is judged.
 */
export function lint(files: readonly SqlFile[], parse: Parse): Finding[] {
  const sources = files.map((file) => readSource(file, parse));
  const mistakes = sources.flatMap((source) => source.mistakes);
  if (mistakes.some(({ rule }) => rule === "syntax")) return mistakes;
  const tables = new Tables();
  const accepted = acceptances(sources);
  const findings: Finding[] = [...mistakes];
  const judge = (statement: Statement, flaw: Flaw) => {
    const { rule } = flaw;
    if (!statement.allowed.has(rule) && !accepted.has(`${rule} ${statement.source.file.name}`)) findings.push(findingOf(statement, flaw));
  };
  for (const statement of sources.flatMap(({ statements }) => statements)) {
    for (const flaw of statementRules.flatMap((rule) => rule(statement, tables))) judge(statement, flaw);
    fold(tables, statement);
  }
  for (const table of tables.byName.values())
    for (const { place, ...flaw } of tableRules.flatMap((rule) => rule(table, tables))) judge(place.statement, flaw);
  return findings.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** `-- plinth:allow <rule> in <file>: <reason>`, of files before the one that says so. */
function acceptances(sources: readonly Source[]): Set<string> {
  const earlier = new Set<string>();
  const accepted = new Set<string>();
  for (const { file, directives } of sources) {
    for (const { rule, file: name } of directives.allowances) if (name !== undefined && earlier.has(name)) accepted.add(`${rule} ${name}`);
    earlier.add(file.name);
  }
  return accepted;
}
