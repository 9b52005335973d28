/**
 * JSON whose numbers keep their spelling, so that `9223372036854775807` and `1.0` survive a round
 * trip.
 */
export type Json = null | boolean | number | string | JsonNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A number that a JavaScript number would spell differently. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** Makes JSON.stringify write the source unchanged. */
  toJSON(): unknown {
    return rawJSON(this.source);
  }
}

// Node has both since 22; the es2024 library does not declare them yet.
const { rawJSON, parse } = JSON as unknown as {
  rawJSON(text: string): unknown;
  parse(text: string, reviver: (key: string, value: Json, context: { source?: string }) => Json): Json;
};

/** @throws SyntaxError for text that is not one JSON value, or nested too deep to be read. */
export function parseJson(text: string): Json {
  try {
    return parse(text, (_key, value, context) =>
      typeof value === "number" && context.source !== undefined && String(value) !== context.source
        ? new JsonNumber(context.source)
        : value,
    );
  } catch (error) {
    throw error instanceof RangeError ? new SyntaxError("it is nested too deep to be read") : error;
  }
}

/** Whether a value has more levels of arrays and objects. */
export function isDeeperThan(levels: number, value: Json | undefined): boolean {
  if (typeof value !== "object" || value === null || value instanceof JsonNumber) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(levels - 1, part));
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

export function isNumber(value: Json): value is number | JsonNumber {
  return typeof value === "number" || value instanceof JsonNumber;
}

/** The exact whole number, or undefined for anything written with a fraction or an exponent. */
export function wholeNumber(value: Json | undefined): bigint | undefined {
  if (value === undefined || !isNumber(value)) return undefined;
  const text = typeof value === "number" ? String(value) : value.source;
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}
