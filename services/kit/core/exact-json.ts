import { kitError, type ServiceError } from "./errors.ts";
import { isExactNumber } from "./exact-number.ts";

const [QUOTE, BACKSLASH, COLON, MINUS, ZERO, NINE] = [0x22, 0x5c, 0x3a, 0x2d, 0x30, 0x39];
/** So many digits are exact in every number. */
const EXACT_DIGITS = 15;
/** A string, a number, or a mark of the structure. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]/g;

/**
 * Refuses what `JSON.parse` would silently change: a number with more digits than JavaScript keeps,
 * and all but the last of a name's values. Sources: RFC 8259, 4 and 6.
 *
 * @param json well-formed; @param value what it was parsed to
 * @throws `invalid_request` that names the place
 */
export function assertExactJson(json: string, value: unknown): void {
  if (!isPlain(json, value)) assertEachToken(json);
}

/** True if nothing was changed. Reads each body, so it only counts names and looks at numbers. */
function isPlain(json: string, value: unknown): boolean {
  let names = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === COLON) names++;
    else if (code === MINUS || isDigit(code)) {
      const start = at;
      let isWhole = true;
      for (let next = json.charCodeAt(at + 1); isNumberPart(next); next = json.charCodeAt(++at + 1))
        if (!isDigit(next)) isWhole = false;
      if ((!isWhole || at - start >= EXACT_DIGITS) && !isExactNumber(json.slice(start, at + 1))) return false;
    }
  }
  return names === countNames(value);
}

/** Index of the quote that ends the string whose quote is at `start`. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let before = end - 1;
    while (json.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
}

const isDigit = (code: number) => code >= ZERO && code <= NINE;

/** A digit, or one of `+`, `-`, `.`, `E` and `e`. */
function isNumberPart(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === MINUS;
}

/** Names of all objects in the value. A loop: a body may be nested as deeply as it is long. */
function countNames(value: unknown): number {
  let names = 0;
  for (const pending = [value]; pending.length > 0; ) {
    const current = pending.pop();
    if (typeof current !== "object" || current === null) continue;
    const inner = Object.values(current);
    if (!Array.isArray(current)) names += inner.length;
    for (const one of inner) if (typeof one === "object") pending.push(one);
  }
  return names;
}

/** An object or array that is being read. */
interface Level {
  /** Undefined in an array. */
  names: Set<string> | undefined;
  /** Name or index of the current value. */
  key: string | number;
  readsName: boolean;
}

function assertEachToken(json: string): void {
  const levels: Level[] = [];
  for (const [token] of json.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === "{") levels.push({ names: new Set(), key: "", readsName: true });
    else if (token === "[") levels.push({ names: undefined, key: 0, readsName: false });
    else if (token === "}" || token === "]") levels.pop();
    else if (token === "," && level) {
      if (typeof level.key === "number") level.key++;
      else level.readsName = true;
    } else if (level?.readsName) {
      level.key = JSON.parse(token) as string;
      level.readsName = false;
      if (level.names?.has(level.key)) throw changedError(levels, "is there twice");
      level.names?.add(level.key);
    } else if (token !== ":" && !token.startsWith('"') && !isExactNumber(token))
      throw changedError(levels, "has more digits than are kept exactly");
  }
}

function changedError(levels: readonly Level[], message: string): ServiceError {
  const path = ["body", ...levels.map(({ key }) => key)].join("/");
  return kitError("invalid_request", `The request is not valid: ${path} ${message}.`, { details: [{ path, message }] });
}
