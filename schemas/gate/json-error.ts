/** The first place where a text is not JSON, and what was expected there. */
export interface JsonError {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** `expected ":", but found "1}"`. */
  reason: string;
}

/**
 * The first mistake in a text that JSON.parse refused, since its message gives the place of some
 * mistakes only.
 *
 * @throws if the text is JSON
 */
export function findJsonError(text: string): JsonError {
  try {
    new JsonScanner(text).scanDocument();
  } catch (error) {
    if (error instanceof ScanError) return locateError(text, error);
    throw error;
  }
  throw new Error("The text is JSON: it has no mistake to find");
}

class ScanError extends Error {
  readonly offset: number;

  constructor(offset: number, expected: string) {
    super(expected);
    this.offset = offset;
  }
}

function locateError(text: string, { offset, message }: ScanError): JsonError {
  const before = text.slice(0, offset).split("\n");
  const token = text.slice(offset, offset + 12).split(/[ \t\r\n]/)[0] ?? "";
  const actual = offset < text.length ? `found ${escapeToken(token)}` : "the file ends";
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    reason: `expected ${message}, but ${actual}`,
  };
}

/** Shows invisible characters, such as a byte order mark, as their number. */
function escapeToken(token: string): string {
  return JSON.stringify(token).replace(
    /[^\x20-\x7e]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const SPACE_PATTERN = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none inside a string
const STRING_PATTERN = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR_PATTERN = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

/** Reads a text that is not JSON until it meets the mistake. */
class JsonScanner {
  private readonly text: string;
  private offset = 0;

  constructor(text: string) {
    this.text = text;
  }

  scanDocument(): void {
    this.scanValue("a value");
    this.skipSpace();
    if (this.offset < this.text.length) this.fail("the end of the file");
  }

  private scanValue(expected: string): void {
    this.skipSpace();
    const first = this.text[this.offset];
    if (first === "{") this.scanMembers("}", () => this.scanMember());
    else if (first === "[") this.scanMembers("]", () => this.scanValue("a value"));
    else if (!(first === '"' ? this.take(STRING_PATTERN) : this.take(SCALAR_PATTERN)))
      this.fail(first === '"' ? "a closed string of valid characters" : expected);
  }

  private scanMembers(close: string, one: () => void): void {
    this.offset++;
    this.skipSpace();
    if (this.text[this.offset] !== close) this.scanList(close, one);
    this.offset++;
  }

  /** Reads items up to the closing bracket. */
  private scanList(close: string, one: () => void): void {
    for (;;) {
      one();
      this.skipSpace();
      if (this.text[this.offset] === close) return;
      if (this.text[this.offset] !== ",") this.fail(`"," or "${close}"`);
      this.offset++;
    }
  }

  private scanMember(): void {
    this.skipSpace();
    if (!this.take(STRING_PATTERN)) this.fail("a name in double quotes");
    this.skipSpace();
    if (this.text[this.offset] !== ":") this.fail('":"');
    this.offset++;
    this.scanValue("a value");
  }

  private skipSpace(): void {
    this.take(SPACE_PATTERN);
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.offset;
    if (!pattern.test(this.text)) return false;
    this.offset = pattern.lastIndex;
    return true;
  }

  private fail(expected: string): never {
    throw new ScanError(this.offset, expected);
  }
}
