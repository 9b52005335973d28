import { lineNumberAt } from "./line-number.ts";
import { type ScanFunction, scanTokens, type Token } from "./scanner.ts";

/** One statement of a file, without its semicolon. */
export interface StatementText {
  text: string;
  /** Where `text` begins in the file: characters from 0. */
  start: number;
  /** Its first four words or signs in lower case, comments left out: `start transaction`. */
  command: string;
}

export interface Comment {
  /** With its dashes or slashes. */
  text: string;
  /** Bytes from the file's beginning. */
  location: number;
}

/** A file as PostgreSQL's scanner divides it. */
export interface SqlText {
  statements: StatementText[];
  comments: Comment[];
}

/**
 * Divides a file by the rules of psql: a semicolon ends a statement unless it is in a text, a
 * comment, brackets or the SQL body of a function. Each statement has to be sent alone: Citus
 * passes DDL on to its workers as the whole of what it was sent, and fails on more than one.
 *
 * A text that never ends makes the rest of its file one statement, which the server refuses.
 */
export function splitSql(sql: string, scan: ScanFunction, windowBytes?: number): SqlText {
  const bytes = Buffer.from(sql);
  const characterAt = createCharacterCounter(sql, bytes);
  const split: SqlText = { statements: [], comments: [] };
  let statement = new OpenStatement();
  const close = (end: number) => {
    const { start, command } = statement;
    statement = new OpenStatement();
    if (start === undefined) return;
    const from = characterAt(start);
    // Not trimEnd, whose white space is more than PostgreSQL's: a no-break space belongs to a name.
    split.statements.push({
      text: sql.slice(from, characterAt(end)).replace(/[ \t\n\r\f\v]+$/, ""),
      start: from,
      command,
    });
  };
  for (const token of scanTokens(bytes, scan, windowBytes)) {
    if (token.kind === "comment") split.comments.push({ text: token.text, location: token.start });
    else if (token.text === ";" && statement.isComplete) close(token.start);
    else statement.add(token);
  }
  close(bytes.length);
  return split;
}

/** Which words keep a semicolon from ending the statement that is being read. */
class OpenStatement {
  /** Bytes; undefined before the first token. */
  start: number | undefined;
  readonly #words: string[] = [];
  #brackets = 0;
  #blocks = 0;
  #previous = "";

  get command(): string {
    return this.#words.join(" ");
  }

  get isComplete(): boolean {
    return this.#brackets === 0 && this.#blocks === 0;
  }

  add({ text, start, kind }: Token): void {
    this.start ??= start;
    const word = text.length <= 16 ? text.toLowerCase() : "";
    if (this.#words.length < 4 && kind !== "unreadable") this.#words.push(word);
    if (word === "(") this.#brackets++;
    else if (word === ")") this.#brackets = Math.max(0, this.#brackets - 1);
    // After a dot and after AS, keywords are names.
    else if (kind === "keyword" && this.#previous !== "." && this.#previous !== "as") this.#countBlocks(word);
    this.#previous = word;
  }

  /**
   * Outside of an SQL body a CASE holds no semicolon; within one, its END does not end the body.
   */
  #countBlocks(word: string): void {
    if (this.#blocks > 0) this.#blocks += word === "case" ? 1 : word === "end" ? -1 : 0;
    else if (word === "atomic" && this.#previous === "begin" && this.#isRoutine) this.#blocks++;
  }

  get #isRoutine(): boolean {
    return /^create (or replace )?(function|procedure)\b/.test(this.command);
  }
}

/** Turns places in bytes, asked for in ascending order, into characters from 0. */
function createCharacterCounter(sql: string, bytes: Buffer): (byte: number) => number {
  if (bytes.length === sql.length) return (byte) => byte;
  let [counted, characters] = [0, 0];
  return (byte) => {
    characters += bytes.toString("utf8", counted, byte).length;
    counted = byte;
    return characters;
  };
}

const TRANSACTION_CONTROL = /^(?:begin|commit|rollback|abort|end|(?:start|prepare) transaction)\b/;

/**
 * The first statement that would begin or end a transaction, with its line in `sql`; undefined when
 * there is none. Each file runs in a transaction together with its entry in the table, which a
 * COMMIT inside the file would break in two.
 */
export function findTransactionControl(
  sql: string,
  statements: readonly StatementText[],
): { statement: string; line: number } | undefined {
  for (const { command, start } of statements) {
    const [control] = TRANSACTION_CONTROL.exec(command) ?? [];
    if (control !== undefined) return { statement: control.toUpperCase(), line: lineNumberAt(sql, start + 1) };
  }
  return undefined;
}
