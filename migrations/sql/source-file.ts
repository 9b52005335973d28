import type { Node } from "libpg-query";
import type { Finding, RuleName, Violation } from "../finding.ts";
import { type Directives, mayHoldDirectives, parseDirectives } from "./directives.ts";
import { lineNumberAt } from "./line-number.ts";
import type { RawStatement, SqlParser, SqlSyntaxError } from "./parser.ts";

/** One SQL file of a service. */
export interface SqlFile {
  /** `NNNN_name.sql`. */
  name: string;
  /** As findings name it: relative to the root of the repository. */
  path: string;
  sql: string;
}

/** One statement and its place. */
export interface Statement {
  node: Node;
  source: SourceFile;
  /** Bytes from the file's beginning. */
  start: number;
  /** The rules that the comments above it, or in it, accept. */
  acceptedRules: ReadonlySet<RuleName>;
  /** Whether a comment above it declares its table as one that stays on the coordinator. */
  isLocalTable: boolean;
}

/** A file as the parser reads it. */
export interface SourceFile {
  file: SqlFile;
  directives: Directives;
  statements: Statement[];
  /** Syntax errors and mistaken directives. */
  findings: Finding[];
  /** Line, from 1, of a place in bytes from 0. */
  lineOf(location: number): number;
}

export function parseSource(file: SqlFile, parser: SqlParser): SourceFile {
  const directives = parseDirectives(mayHoldDirectives(file.sql) ? parser.split(file.sql).comments : []);
  const bytes = Buffer.from(file.sql);
  const lineOf = (location: number) => lastLineNumber(bytes.toString("utf8", 0, location));
  const findings = directives.violations.map((violation) =>
    createFinding(file, lineOf(violation.location ?? 0), violation),
  );
  const source: SourceFile = { file, directives, statements: [], findings, lineOf };
  const parsed = parser.parse(file.sql);
  if ("error" in parsed) findings.push(syntaxFinding(file, parsed.error));
  else source.statements = attachDirectives(source, parsed.statements);
  return source;
}

/**
 * A comment belongs to the statement that it is above or in; one after the last statement, to none.
 */
function attachDirectives(source: SourceFile, parsed: readonly RawStatement[]): Statement[] {
  const { acceptedRules, localTables } = source.directives;
  let previousEnd = 0;
  return parsed.map(({ node, start, end }) => {
    const belongs = (location: number) => location >= previousEnd && location < end;
    const accepted = acceptedRules.filter(({ file, location }) => file === undefined && belongs(location));
    const isLocalTable = localTables.some(belongs);
    previousEnd = end;
    return { node, source, start, acceptedRules: new Set(accepted.map(({ rule }) => rule)), isLocalTable };
  });
}

/** Places a violation by `statement`. */
export function toFinding({ source, start }: Statement, { location, ...violation }: Violation): Finding {
  return createFinding(source.file, source.lineOf(location ?? start), violation);
}

function createFinding({ path }: SqlFile, line: number, { rule, reason, remedy }: Violation): Finding {
  return { file: path, line, rule, reason, remedy };
}

function syntaxFinding(file: SqlFile, { message, character }: SqlSyntaxError): Finding {
  const line = lastLineNumber([...file.sql].slice(0, character).join(""));
  const remedy = "PostgreSQL cannot read this file: correct it";
  return createFinding(file, line, { rule: "syntax", reason: message, remedy });
}

const lastLineNumber = (text: string): number => lineNumberAt(text, text.length + 1);
