/**
 * A short text that a regular expression accepts. Supports the patterns of identifiers and codes.
 * @throws for any other pattern
 */
export function textMatching(pattern: string): string {
  const reader = new Reader(pattern);
  const text = reader.alternatives();
  if (!reader.done) throw new Error(`unsupported pattern ${pattern}`);
  if (!new RegExp(pattern, "u").test(text))
    throw new Error(`the example ${JSON.stringify(text)} does not fit the pattern ${pattern}`);
  return text;
}

const CLASSES: Record<string, string> = { d: "7", w: "w", s: " ", D: "x", W: "-", S: "x" };

class Reader {
  private readonly pattern: string;
  private at = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  get done(): boolean {
    return this.at === this.pattern.length;
  }

  alternatives(): string {
    const first = this.sequence();
    while (this.take("|")) this.sequence();
    return first;
  }

  private sequence(): string {
    let text = "";
    while (!this.done && this.peek() !== "|" && this.peek() !== ")") {
      const atom = this.atom();
      text += atom.repeat(this.minRepetitions());
    }
    return text;
  }

  private atom(): string {
    const char = this.next();
    if (char === "^" || char === "$") return "";
    if (char === ".") return "x";
    if (char === "\\") return this.escaped();
    if (char === "[") return this.oneOfClass();
    if (char !== "(") return char;
    if (this.take("?") && !this.take(":")) throw new Error(`unsupported look-around in the pattern ${this.pattern}`);
    const inner = this.alternatives();
    if (!this.take(")")) throw new Error(`the pattern ${this.pattern} has an unclosed group`);
    return inner;
  }

  private escaped(): string {
    const char = this.next();
    return CLASSES[char] ?? char;
  }

  /** The first member of a class; for a negated class, a character outside it. */
  private oneOfClass(): string {
    const negated = this.take("^");
    let members = "";
    while (!this.take("]")) members += this.take("\\") ? this.escaped() : this.next();
    if (!negated) return members.charAt(0);
    const free = [..."x7A_ "].find((char) => !members.includes(char));
    if (free === undefined) throw new Error(`unsupported pattern ${this.pattern}`);
    return free;
  }

  /** Minimum repetitions of the preceding atom. */
  private minRepetitions(): number {
    if (this.take("*") || this.take("?")) return 0;
    if (this.take("+")) return 1;
    const [whole, least] = /^\{(\d+)(?:,\d*)?\}/.exec(this.pattern.slice(this.at)) ?? [];
    if (whole === undefined) return 1;
    this.at += whole.length;
    return Number(least);
  }

  private peek(): string {
    return this.pattern.charAt(this.at);
  }

  private next(): string {
    if (this.done) throw new Error(`the pattern ${this.pattern} ends too early`);
    return this.pattern.charAt(this.at++);
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }
}
