import { setFlagsFromString } from "node:v8";
import type { Node, ParseResult } from "libpg-query";
import { type SqlText, splitSql } from "./statements.ts";

/** One statement as PostgreSQL's grammar reads it. */
export interface RawStatement {
  node: Node;
  /** Bytes from the file's beginning to its first word. */
  start: number;
  /** Bytes from the file's beginning to its semicolon, or to the end of the file. */
  end: number;
}

export interface SqlSyntaxError {
  /** In PostgreSQL's words. */
  message: string;
  /** Code points before the place, from 0. */
  character: number;
}

/** PostgreSQL 18's scanner and grammar: the code that the server runs. */
export interface SqlParser {
  /** Statements and comments. Reads a file that has syntax errors as well. */
  split(sql: string): SqlText;
  parse(sql: string): { statements: RawStatement[] } | { error: SqlSyntaxError };
}

/**
 * Without them V8 optimizes the parser's code once it is warm, which takes 550 MB for a moment. A
 * file of SQL is read in milliseconds either way.
 */
const UNOPTIMIZED_FLAGS = ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"];

let loadedParser: Promise<SqlParser> | undefined;

/**
 * Loads the parser, WebAssembly, once a process, on first use: that takes 75 ms and 10 MB, which a
 * program that only registers resources must not pay.
 */
export function loadParser(): Promise<SqlParser> {
  if (loadedParser === undefined) for (const flag of UNOPTIMIZED_FLAGS) setFlagsFromString(flag);
  loadedParser ??= import("libpg-query").then(async ({ loadModule, parseSync, scanSync, hasSqlDetails }) => {
    await loadModule();
    const split = (sql: string) => splitSql(sql, scanSync);
    const parseBatch = (sql: string) => {
      try {
        return { statements: toRawStatements(parseSync(sql), Buffer.byteLength(sql)) };
      } catch (error) {
        if (!hasSqlDetails(error)) throw error;
        return { error: { message: error.message, character: Math.max(error.sqlDetails?.cursorPosition ?? 0, 0) } };
      }
    };
    return { split, parse: (sql) => parseInBatches(sql, split, parseBatch) };
  });
  return loadedParser;
}

/** The parser answers "No parse tree generated" to a few million bytes of short statements. */
const BATCH_CHARACTERS = 1_000_000;

function parseInBatches(
  sql: string,
  split: SqlParser["split"],
  parseBatch: SqlParser["parse"],
): ReturnType<SqlParser["parse"]> {
  // The parser takes no empty text, and reads a NUL as the end of it.
  if (sql === "") return { statements: [] };
  if (sql.includes("\0"))
    return { error: { message: "a NUL character", character: countCodePoints(sql.slice(0, sql.indexOf("\0"))) } };
  if (sql.length <= BATCH_CHARACTERS) return parseBatch(sql);
  const statements: RawStatement[] = [];
  let byte = 0;
  for (const batch of cutBatches(sql, split(sql))) {
    const parsed = parseBatch(batch.text);
    if ("error" in parsed) {
      const before = countCodePoints(sql.slice(0, batch.start));
      return { error: { ...parsed.error, character: before + parsed.error.character } };
    }
    for (const { node, start, end } of parsed.statements)
      statements.push({ node, start: byte + start, end: byte + end });
    byte += Buffer.byteLength(batch.text);
  }
  return { statements };
}

/**
 * Pieces of `sql` that together are `sql`. Each but the first begins with a statement's first word.
 */
function cutBatches(sql: string, { statements }: SqlText): { text: string; start: number }[] {
  const cuts = [0];
  for (const { start } of statements) if (start - cuts.at(-1)! > BATCH_CHARACTERS) cuts.push(start);
  return cuts.map((start, index) => ({ text: sql.slice(start, cuts[index + 1]), start }));
}

const countCodePoints = (text: string): number => [...text].length;

function toRawStatements({ stmts = [] }: ParseResult, length: number): RawStatement[] {
  return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: bytes = 0 }) => ({
    node: stmt!,
    start,
    // A last statement without a semicolon has no length.
    end: bytes === 0 ? length : start + bytes,
  }));
}
