/** Where a text stops being JSON, and what was expected there. */
export interface JsonMistake {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** `expected ":", but found "1}"`. */
  reason: string;
}

/**
 * The first mistake of a text that JSON.parse refused: the engine's own message has a place for some mistakes only.
 *
 * @throws when there is none.
 */
export function jsonMistake(text: string): JsonMistake {
  try {
    new Scanner(text).whole();
  } catch (error) {
    if (error instanceof Mistake) return placed(text, error);
    throw error;
  }
  throw new Error("The text is JSON: there is no mistake to find");
}

class Mistake extends Error {
  readonly offset: number;

  constructor(offset: number, expected: string) {
    super(expected);
    this.offset = offset;
  }
}

function placed(text: string, { offset, message }: Mistake): JsonMistake {
  const before = text.slice(0, offset).split("\n");
  const token = text.slice(offset, offset + 12).split(/[ \t\r\n]/)[0] ?? "";
  const found = offset < text.length ? `found ${visible(token)}` : "the file ends";
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason: `expected ${message}, but ${found}` };
}

/** With what nobody sees in an editor, such as a byte order mark, as its number. */
function visible(token: string): string {
  return JSON.stringify(token).replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none inside a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

/** Goes over a text that is known not to be JSON until it meets the reason. */
class Scanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): void {
    this.value("a value");
    this.space();
    if (this.at < this.text.length) this.fail("the end of the file");
  }

  private value(expected: string): void {
    this.space();
    const first = this.text[this.at];
    if (first === "{") this.members("}", () => this.member());
    else if (first === "[") this.members("]", () => this.value("a value"));
    else if (!(first === '"' ? this.take(STRING) : this.take(SCALAR)))
      this.fail(first === '"' ? "a closed string of valid characters" : expected);
  }

  private members(close: string, one: () => void): void {
    this.at++;
    this.space();
    if (this.text[this.at] !== close) this.list(close, one);
    this.at++;
  }

  /** Up to its closing bracket. */
  private list(close: string, one: () => void): void {
    for (;;) {
      one();
      this.space();
      if (this.text[this.at] === close) return;
      if (this.text[this.at] !== ",") this.fail(`"," or "${close}"`);
      this.at++;
    }
  }

  private member(): void {
    this.space();
    if (!this.take(STRING)) this.fail("a name in double quotes");
    this.space();
    if (this.text[this.at] !== ":") this.fail('":"');
    this.at++;
    this.value("a value");
  }

  private space(): void {
    this.take(SPACE);
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  private fail(expected: string): never {
    throw new Mistake(this.at, expected);
  }
}
