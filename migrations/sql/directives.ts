import { RULES, type RuleName, type Violation } from "../finding.ts";
import type { Comment } from "./statements.ts";

/**
 * `-- plinth:allow <rule>: <reason>`, for the statement below it; with `in <file>`, for an earlier
 * file that cannot be edited any more.
 */
export interface AcceptedRule {
  rule: RuleName;
  file?: string | undefined;
  /** Bytes from the file's beginning. */
  location: number;
}

/** The linter's directives in a file's comments. */
export interface Directives {
  /**
   * `-- plinth:no-transaction`, as the file's first line: its one statement runs outside of a
   * transaction.
   */
  noTransaction: boolean;
  acceptedRules: AcceptedRule[];
  /**
   * Each `-- plinth:local-table: <reason>`, in bytes from the file's beginning: the table created
   * below it holds no tenants' rows and stays on the coordinator.
   */
  localTables: number[];
  /** Directives that are misspelt or lack a reason, each with its location. */
  violations: Violation[];
}

const DIRECTIVE_FORMS =
  "-- plinth:allow <rule>: <reason>, -- plinth:local-table: <reason> or, as the first line, -- plinth:no-transaction";
/** Nothing accepts these: the server cannot run the file, or the comment is the mistake itself. */
const NEVER_ACCEPTED: readonly RuleName[] = ["syntax", "directive", "transaction"];
const ACCEPTABLE_RULES = RULES.filter((rule) => !NEVER_ACCEPTED.includes(rule));

/** Whether a file can hold directives at all: most need not be divided into comments. */
export const mayHoldDirectives = (sql: string): boolean => sql.includes("plinth:");

export function parseDirectives(comments: readonly Comment[]): Directives {
  const directives: Directives = { noTransaction: false, acceptedRules: [], localTables: [], violations: [] };
  for (const { text, location } of comments) {
    const [, name, rest = ""] = /^--\s*plinth:([\w-]*)(.*)$/.exec(text) ?? [];
    if (name === undefined) continue;
    const violation = parseDirective(name, rest.trim(), location, directives);
    if (violation) directives.violations.push({ ...violation, location });
  }
  return directives;
}

function parseDirective(name: string, rest: string, location: number, directives: Directives): Violation | undefined {
  if (name === "allow") return parseAcceptedRule(rest, location, directives);
  if (name === "local-table") {
    if (!/^:\s*\S/.test(rest))
      return directiveViolation("plinth:local-table gives no reason", "say why: -- plinth:local-table: <reason>");
    directives.localTables.push(location);
    return undefined;
  }
  if (name === "no-transaction") {
    if (location > 0)
      return directiveViolation(
        "plinth:no-transaction is not the file's first line",
        "move it to the top: it holds for the whole file",
      );
    directives.noTransaction = true;
    return undefined;
  }
  return directiveViolation(`plinth:${name} is not known`, `write ${DIRECTIVE_FORMS}`);
}

function parseAcceptedRule(rest: string, location: number, directives: Directives): Violation | undefined {
  const [, name, file, reason] = /^([\w-]*)(?:\s+in\s+([\w.-]+))?\s*(?::\s*(\S.*))?$/.exec(rest) ?? [];
  const rule = ACCEPTABLE_RULES.find((known) => known === name);
  if (rule === undefined)
    return directiveViolation(
      "plinth:allow names no rule that can be accepted",
      `name one of ${ACCEPTABLE_RULES.join(", ")}`,
    );
  if (reason === undefined)
    return directiveViolation(`plinth:allow ${rule} gives no reason`, `say why: -- plinth:allow ${rule}: <reason>`);
  directives.acceptedRules.push({ rule, file, location });
  return undefined;
}

const directiveViolation = (reason: string, remedy: string): Violation => ({ rule: "directive", reason, remedy });
