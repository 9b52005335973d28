import assert from "node:assert/strict";
import { type Finding, formatFinding, type RuleName } from "@plinth/migrations/finding.ts";
import { lintMigrations } from "@plinth/migrations/lint.ts";
import { loadParser } from "@plinth/migrations/sql/parser.ts";

/** A tenant table as it should be, on one line: eight statements. */
export const table = (name: string, columns = ""): string =>
  `create table ${name} (tenant_id bigint not null, id bigint not null, ${columns} primary key (tenant_id, id)); ` +
  `select plinth_distribute('${name}'); alter table ${name} enable row level security; alter table ${name} force row level security; ` +
  `create policy ${name}_tenant on ${name} using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);\n`;

/** The findings in files 0001.sql, 0002.sql, … */
export async function lintStatements(...files: string[]): Promise<Finding[]> {
  const parser = await loadParser();
  return lintMigrations(
    files.map((sql, index) => {
      const name = `${String(index + 1).padStart(4, "0")}_x.sql`;
      return { name, path: name.replace("_x", ""), sql };
    }),
    parser,
  );
}

/** Place and rule of a finding, and patterns that its line matches. */
export type RejectedCase = [place: string, rule: RuleName, ...words: RegExp[]];

/** One or more files and their findings; without findings they pass. */
export type LintCase = [title: string, files: string | string[], ...refusals: RejectedCase[]];

/** Defines a test for each case, which expects exactly its findings. */
export function describeCases(cases: readonly LintCase[]): void {
  for (const [title, files, ...refusals] of cases)
    it(`${refusals.length > 0 ? "refuses" : "passes"} ${title}`, async () => {
      const findings = await lintStatements(...[files].flat());
      const lines = findings.map(formatFinding);
      assert.deepEqual(
        findings.map(({ file, line, rule }) => [`${file}:${line}`, rule]),
        refusals.map(([place, rule]) => [place, rule]),
        lines.join("\n"),
      );
      for (const [index, [, , ...words]] of refusals.entries())
        for (const word of words) assert.match(lines[index]!, word);
    });
}
