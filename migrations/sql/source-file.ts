import type { Node } from "libpg-query";
import type { Finding, RuleName, Violation } from "../finding.ts";
import { type Directives, parseDirectives } from "./directives.ts";
import { lineNumberAt } from "./migration-files.ts";
import type { SqlParser } from "./parser.ts";

/** One SQL file of a service. */
export interface SqlFile {
  /** `NNNN_name.sql`. */
  name: string;
  /** As findings name it: relative to the root of the repository. */
  path: string;
  sql: string;
}

/** One statement and where it stands. */
export interface Statement {
  node: Node;
  source: SourceFile;
  /** Bytes from the file's beginning. */
  start: number;
  /** What the comments above it, or in it, accept. */
  allowed: ReadonlySet<RuleName>;
  /** Whether a comment above it declares its table as one that stays on the coordinator. */
  localTable: boolean;
}

/** A file as the parser reads it. */
export interface SourceFile {
  file: SqlFile;
  directives: Directives;
  statements: Statement[];
  /** What makes it unreadable, or its comments meaningless. */
  findings: Finding[];
  /** Line, from 1, of a place in bytes from 0. */
  lineOf(location: number): number;
}

export function parseSource(file: SqlFile, parse: SqlParser): SourceFile {
  const directives = parseDirectives(file.sql);
  const bytes = Buffer.from(file.sql);
  const source: SourceFile = {
    file,
    directives,
    statements: [],
    findings: directives.violations.map(({ line, ...mistake }) => createFinding(file, line, mistake)),
    lineOf: (location) => lastLineNumber(bytes.toString("utf8", 0, location)),
  };
  const parsed = parse(file.sql);
  if ("error" in parsed) source.findings.push(syntaxFinding(file, parsed.error));
  else source.statements = attachDirectives(source, parsed.statements, bytes);
  return source;
}

/**
 * Comments belong to the statement that they are above or in; those after the last one, to none.
 */
function attachDirectives(
  source: SourceFile,
  parsed: { node: Node; start: number; end: number }[],
  bytes: Buffer,
): Statement[] {
  const { allowances, localTables } = source.directives;
  let from = 0;
  return parsed.map(({ node, start, end }) => {
    // Comments are counted in characters, statements in bytes.
    const to = allowances.length + localTables.length > 0 ? bytes.toString("utf8", 0, end).length : 0;
    const within = (place: number) => place >= from && place < to;
    const allowed = new Set(
      allowances.filter(({ file, start: place }) => file === undefined && within(place)).map(({ rule }) => rule),
    );
    const localTable = localTables.some(within);
    from = to;
    return { node, source, start, allowed, localTable };
  });
}

/** The finding of a flaw of `statement`. */
export function toFinding({ source, start }: Statement, { location, ...flaw }: Violation): Finding {
  return createFinding(source.file, source.lineOf(location ?? start), flaw);
}

function createFinding({ path }: SqlFile, line: number, { rule, reason, remedy }: Violation): Finding {
  return { file: path, line, rule, reason, remedy };
}

function syntaxFinding(file: SqlFile, { message, character }: { message: string; character: number }): Finding {
  const line = lastLineNumber([...file.sql].slice(0, character).join(""));
  const remedy = "PostgreSQL cannot read this file: correct it";
  return createFinding(file, line, { rule: "syntax", reason: message, remedy });
}

const lastLineNumber = (text: string): number => lineNumberAt(text, text.length + 1);
