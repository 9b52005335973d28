import { RULES, type RuleName, type Violation } from "../finding.ts";
import { lineNumberAt } from "./migration-files.ts";
import { findComments } from "./statements.ts";

/**
 * `-- plinth:allow <rule>: <reason>`, for the statement below it; with `in <file>`, for an earlier
 * file that cannot be edited any more.
 */
export interface AcceptedRule {
  rule: RuleName;
  file?: string | undefined;
  /** Characters from the file's beginning. */
  start: number;
}

/** What a file's comments tell the linter. */
export interface Directives {
  /**
   * `-- plinth:no-transaction`, as the file's first line: its one statement runs outside of a
   * transaction.
   */
  noTransaction: boolean;
  allowances: AcceptedRule[];
  /**
   * Where `-- plinth:local-table: <reason>` is: the table made below it is not of tenants and stays
   * on the coordinator.
   */
  localTables: number[];
  /** Directives that say nothing that is known; `line` from 1. */
  violations: (Violation & { line: number })[];
}

const DIRECTIVE_FORMS =
  "-- plinth:allow <rule>: <reason>, -- plinth:local-table: <reason> or, as the first line, -- plinth:no-transaction";
/**
 * Nothing accepts these: the server could not run the file, or the comment is the mistake itself.
 */
const NEVER_ACCEPTED: readonly RuleName[] = ["syntax", "directive", "transaction"];
const ACCEPTABLE_RULES = RULES.filter((rule) => !NEVER_ACCEPTED.includes(rule));

export function parseDirectives(sql: string): Directives {
  const found: Directives = { noTransaction: false, allowances: [], localTables: [], violations: [] };
  for (const { text, start } of findComments(sql)) {
    const [, name, rest = ""] = /^--\s*plinth:([\w-]*)(.*)$/.exec(text) ?? [];
    if (name === undefined) continue;
    const mistake = parseDirective(name, rest.trim(), start, found);
    if (mistake) found.violations.push({ ...mistake, line: lineNumberAt(sql, start + 1) });
  }
  return found;
}

function parseDirective(name: string, rest: string, start: number, found: Directives): Violation | undefined {
  if (name === "allow") return parseAllowance(rest, start, found);
  if (name === "local-table") {
    if (!/^:\s*\S/.test(rest))
      return directiveViolation("plinth:local-table gives no reason", "say why: -- plinth:local-table: <reason>");
    found.localTables.push(start);
    return undefined;
  }
  if (name === "no-transaction") {
    if (start > 0)
      return directiveViolation(
        "plinth:no-transaction is not the file's first line",
        "move it to the top: it is said of the whole file",
      );
    found.noTransaction = true;
    return undefined;
  }
  return directiveViolation(`plinth:${name} is not known`, `write ${DIRECTIVE_FORMS}`);
}

function parseAllowance(rest: string, start: number, found: Directives): Violation | undefined {
  const [, name, file, reason] = /^([\w-]*)(?:\s+in\s+([\w.-]+))?\s*(?::\s*(\S.*))?$/.exec(rest) ?? [];
  const rule = ACCEPTABLE_RULES.find((known) => known === name);
  if (rule === undefined)
    return directiveViolation(
      `plinth:allow names no rule that can be accepted`,
      `name one of ${ACCEPTABLE_RULES.join(", ")}`,
    );
  if (reason === undefined)
    return directiveViolation(`plinth:allow ${rule} gives no reason`, `say why: -- plinth:allow ${rule}: <reason>`);
  found.allowances.push({ rule, file, start });
  return undefined;
}

const directiveViolation = (reason: string, remedy: string): Violation => ({ rule: "directive", reason, remedy });
