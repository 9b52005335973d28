import type { ScanResult } from "libpg-query";

/** One token as PostgreSQL's scanner reads it. */
export interface Token {
  /** As written: a keyword in any case, a quoted name or text with its quotes. */
  text: string;
  /** Bytes from the file's beginning; `end` is the byte after the token. */
  start: number;
  end: number;
  /**
   * `keyword`: not quoted. `unreadable`: the rest of a file from the window on in which the scanner
   * fails, for example on a text that never ends.
   */
  kind: "comment" | "keyword" | "other" | "unreadable";
}

/** libpg-query's `scanSync`. It throws, or stops early, where PostgreSQL's scanner fails. */
export type ScanFunction = (sql: string) => ScanResult;

/**
 * The scanner answers in JSON of 150 bytes a token, and with no token at all once its memory is
 * full. So large files go through it in windows.
 */
const WINDOW_BYTES = 64 * 1024;
const WINDOW_GROWTH = 4;

/** The tokens of `sql` (UTF-8) in their order. */
export function* scanTokens(sql: Buffer, scan: ScanFunction, windowBytes = WINDOW_BYTES): Generator<Token> {
  let [start, size] = [0, windowBytes];
  while (start < sql.length) {
    const end = characterBoundary(sql, start + size);
    const tokens = scanWindow(sql.subarray(start, end), scan)?.map((token) => shiftToken(token, start));
    if (end === sql.length) {
      yield* tokens ?? [{ text: sql.toString("utf8", start), start, end, kind: "unreadable" }];
      return;
    }
    // The window's end may have cut a token: the next window begins before it.
    const complete = tokens?.slice(0, findResumableToken(tokens)) ?? [];
    if (complete.length === 0) size *= WINDOW_GROWTH;
    else {
      yield* complete;
      start = tokens![complete.length]!.start;
      size = windowBytes;
    }
  }
}

/** Undefined where the scanner fails: then the window's end may have cut a text or a comment. */
function scanWindow(window: Buffer, scan: ScanFunction): Token[] | undefined {
  try {
    const tokens = scan(withoutControlCharacters(window)).tokens.map(toToken);
    const rest = window.subarray(tokens.at(-1)?.end ?? 0);
    return rest.every(isWhitespace) ? tokens : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The scanner's JSON leaves control characters as they are, which JSON.parse refuses. Form feeds
 * and vertical tabs are white space to PostgreSQL. The others belong only into quoted text.
 */
function withoutControlCharacters(window: Buffer): string {
  const isControl = (byte: number) => byte > 0 && byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
  if (!window.some(isControl)) return window.toString("utf8");
  return Buffer.from(window.map((byte) => (isControl(byte) ? 0x20 : byte))).toString("utf8");
}

const isWhitespace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

const COMMENT_TOKENS = new Set(["SQL_COMMENT", "C_COMMENT"]);

function toToken({ text, start, end, tokenName, keywordName }: ScanResult["tokens"][number]): Token {
  const keyword = keywordName === "NO_KEYWORD" ? "other" : "keyword";
  return { text, start, end, kind: COMMENT_TOKENS.has(tokenName) ? "comment" : keyword };
}

const shiftToken = (token: Token, bytes: number): Token => ({
  ...token,
  start: token.start + bytes,
  end: token.end + bytes,
});

/**
 * The last token that a scan can begin at: space or a semicolon stands before it, and more than
 * comments from it on, since a text goes on behind a comment.
 */
function findResumableToken(tokens: readonly Token[]): number {
  let index = tokens.findLastIndex(({ kind }) => kind !== "comment");
  while (index > 0 && tokens[index - 1]!.end === tokens[index]!.start && tokens[index - 1]!.text !== ";") index--;
  return Math.max(index, 0);
}

/** The last place up to `end` that is not within a character. */
function characterBoundary(sql: Buffer, end: number): number {
  if (end >= sql.length) return sql.length;
  while ((sql[end]! & 0xc0) === 0x80) end--;
  return end;
}
