import type { Node, ParseResult } from "libpg-query";

/** One statement as PostgreSQL's own grammar reads it. */
export interface RawStatement {
  node: Node;
  /** Bytes from the file's beginning to its first word. */
  start: number;
  /** Bytes from the file's beginning to its semicolon, or to the end of the file. */
  end: number;
}

/**
 * What the parser says of text that is not SQL. `character`: code points before the place, from 0.
 */
export interface SqlSyntaxError {
  message: string;
  character: number;
}

export type SqlParser = (sql: string) => { statements: RawStatement[] } | { error: SqlSyntaxError };

let loadedParser: Promise<SqlParser> | undefined;

/**
 * PostgreSQL 18's parser, the one that the server itself runs, compiled to WebAssembly. Opened once
 * a process, on first use: that takes 75 ms and 35 MB, which a program that only registers
 * resources must not pay.
 */
export function loadParser(): Promise<SqlParser> {
  loadedParser ??= import("libpg-query").then(async ({ loadModule, parseSync, hasSqlDetails }) => {
    await loadModule();
    return (sql) => {
      // The parser takes no empty text, and reads a NUL as the end of it.
      if (sql === "") return { statements: [] };
      if (sql.includes("\0"))
        return { error: { message: "a NUL character", character: [...sql.slice(0, sql.indexOf("\0"))].length } };
      try {
        return { statements: toRawStatements(parseSync(sql), Buffer.byteLength(sql)) };
      } catch (error) {
        if (!hasSqlDetails(error)) throw error;
        return { error: { message: error.message, character: Math.max(error.sqlDetails?.cursorPosition ?? 0, 0) } };
      }
    };
  });
  return loadedParser;
}

function toRawStatements({ stmts = [] }: ParseResult, length: number): RawStatement[] {
  return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: bytes = 0 }) => ({
    node: stmt!,
    start,
    // A last statement without a semicolon has no length.
    end: bytes === 0 ? length : start + bytes,
  }));
}
