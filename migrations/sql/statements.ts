/** One statement of a file, without its semicolon. */
export interface TextRange {
  text: string;
  /** Where `text` begins in the file: characters from 0. */
  start: number;
}

/**
 * The statements of `sql` in their order, by the rules of psql: a semicolon ends one unless it is
 * in a text, a comment, brackets or the body of a function. Each has to be sent alone: Citus passes
 * DDL on to its workers as the whole of what it was sent, and fails on more than one.
 */
export function splitStatements(sql: string): TextRange[] {
  const code = maskQuotedText(sql);
  const statements: TextRange[] = [];
  let [start, brackets, blocks] = [0, 0, 0];
  const add = (end: number) => {
    // From the statement's own first word on, so that a line named after it is not that of a
    // comment before it.
    const first = code.slice(start, end).search(/\S/);
    if (first >= 0) statements.push({ text: sql.slice(start + first, end).trimEnd(), start: start + first });
    start = end + 1;
  };
  for (const { 0: token, index } of code.matchAll(/[();]|\bbegin\s+atomic\b|\b(?:case|end)\b/gi)) {
    if (token === "(") brackets++;
    else if (token === ")") brackets = Math.max(0, brackets - 1);
    else if (token === ";") {
      if (brackets === 0 && blocks === 0) add(index);
    } else if (/^begin/i.test(token)) blocks++;
    // Outside of a body a CASE has no semicolon: only within one must its END not be taken for the
    // body's.
    else if (blocks > 0) blocks += token.toLowerCase() === "case" ? 1 : -1;
  }
  add(code.length);
  return statements;
}

/**
 * A quoted piece, as PostgreSQL reads it: E'' knows backslashes, and `$` within a name begins no
 * text.
 */
const QUOTED_PATTERN =
  /--[^\n]*|\/\*|(?<![\w$])e'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])(\$(?:[a-z_]\w*)?\$)[\s\S]*?\1/gi;

/**
 * `sql` with comments as blanks, and texts, quoted names and function bodies as underscores:
 * offsets and lines stay what they were.
 */
function maskQuotedText(sql: string): string {
  let [code, from] = ["", 0];
  for (const { text, start, comment } of scanQuotedText(sql)) {
    // Comments are nothing; a text is still a word of its statement.
    code += sql.slice(from, start) + text.replace(/[^\n]/g, comment ? " " : "_");
    from = start + text.length;
  }
  return code + sql.slice(from);
}

/** The comments of `sql` in their order, with their dashes or slashes. */
export function findComments(sql: string): TextRange[] {
  return [...scanQuotedText(sql)].filter(({ comment }) => comment);
}

function* scanQuotedText(sql: string): Generator<TextRange & { comment: boolean }> {
  // A copy, because its position is its own.
  const quoted = new RegExp(QUOTED_PATTERN);
  for (let match = quoted.exec(sql); match; match = quoted.exec(sql)) {
    const end = match[0] === "/*" ? findCommentEnd(sql, match.index) : quoted.lastIndex;
    yield { text: sql.slice(match.index, end), start: match.index, comment: /^(--|\/\*)/.test(match[0]) };
    quoted.lastIndex = end;
  }
}

/** PostgreSQL's comments nest. One that never ends reaches to the end; the server will say so. */
function findCommentEnd(sql: string, start: number): number {
  let depth = 0;
  for (const { 0: token, index } of sql.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += token === "/*" ? 1 : -1;
    if (depth === 0) return start + index + 2;
  }
  return sql.length;
}
