import { lineAt } from "../providers/migration-files.ts";
import { findComments } from "../providers/sql-statements.ts";
import { type Flaw, type Rule, rules } from "./finding.ts";

/** `-- plinth:allow <rule>: <reason>`, for the statement below it; with `in <file>`, for an earlier file that cannot be edited any more. */
export interface Allowance {
  rule: Rule;
  file?: string | undefined;
  /** Characters from the file's beginning. */
  start: number;
}

/** What a file's comments tell the linter. */
export interface Directives {
  /** `-- plinth:no-transaction`, as the file's first line: its one statement runs outside of a transaction. */
  noTransaction: boolean;
  allowances: Allowance[];
  /** Where `-- plinth:local-table: <reason>` is: the table made below it is not of tenants and stays on the coordinator. */
  localTables: number[];
  /** Directives that say nothing that is known; `line` from 1. */
  mistakes: (Flaw & { line: number })[];
}

const FORMS = "-- plinth:allow <rule>: <reason>, -- plinth:local-table: <reason> or, as the first line, -- plinth:no-transaction";
/** Nothing accepts these: the server could not run the file, or the comment is the mistake itself. */
const UNACCEPTABLE: readonly Rule[] = ["syntax", "directive", "transaction"];
const acceptable = rules.filter((rule) => !UNACCEPTABLE.includes(rule));

export function readDirectives(sql: string): Directives {
  const found: Directives = { noTransaction: false, allowances: [], localTables: [], mistakes: [] };
  for (const { text, start } of findComments(sql)) {
    const [, name, rest = ""] = /^--\s*plinth:([\w-]*)(.*)$/.exec(text) ?? [];
    if (name === undefined) continue;
    const mistake = readDirective(name, rest.trim(), start, found);
    if (mistake) found.mistakes.push({ ...mistake, line: lineAt(sql, start + 1) });
  }
  return found;
}

function readDirective(name: string, rest: string, start: number, found: Directives): Flaw | undefined {
  if (name === "allow") return readAllowance(rest, start, found);
  if (name === "local-table") {
    if (!/^:\s*\S/.test(rest)) return flaw("plinth:local-table gives no reason", "say why: -- plinth:local-table: <reason>");
    found.localTables.push(start);
    return undefined;
  }
  if (name === "no-transaction") {
    if (start > 0) return flaw("plinth:no-transaction is not the file's first line", "move it to the top: it is said of the whole file");
    found.noTransaction = true;
    return undefined;
  }
  return flaw(`plinth:${name} is not known`, `write ${FORMS}`);
}

function readAllowance(rest: string, start: number, found: Directives): Flaw | undefined {
  const [, name, file, reason] = /^([\w-]*)(?:\s+in\s+([\w.-]+))?\s*(?::\s*(\S.*))?$/.exec(rest) ?? [];
  const rule = acceptable.find((known) => known === name);
  if (rule === undefined) return flaw(`plinth:allow names no rule that can be accepted`, `name one of ${acceptable.join(", ")}`);
  if (reason === undefined) return flaw(`plinth:allow ${rule} gives no reason`, `say why: -- plinth:allow ${rule}: <reason>`);
  found.allowances.push({ rule, file, start });
  return undefined;
}

const flaw = (reason: string, remedy: string): Flaw => ({ rule: "directive", reason, remedy });
