import { randomUUID } from "node:crypto";
import { textMatching } from "./pattern.ts";

/** The part of JSON Schema that our OpenAPI documents use. */
export interface Schema {
  type?: string | readonly string[];
  format?: string;
  pattern?: string;
  enum?: readonly unknown[];
  const?: unknown;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number | boolean;
  multipleOf?: number;
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  oneOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  allOf?: readonly Schema[];
  nullable?: boolean;
  $ref?: string;
}

/** Where the values of an example come from. */
export interface Source {
  /** The value that a field of this name must have, such as an existing id. */
  known(name: string): unknown;
  /** A recognizable text with `min` to `max` characters. */
  text(min: number, max: number): string;
  /** A whole number, recognizable if the bounds allow it. */
  integer(min: number, max: number): number;
  /** Whether optional fields are filled. */
  optional: boolean;
}

/** A value that `schema` accepts. @param name the field's name */
export function example(schema: Schema, source: Source, name = ""): unknown {
  const known = source.known(name);
  if (known !== undefined) return known;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  if (choice) return example(choice, source, name);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => example(part, source, name) as object));
  switch (typeOf(schema)) {
    case "object":
      return objectExample(schema, source);
    case "array":
      return Array.from({ length: Math.max(schema.minItems ?? 0, 1) }, () => example(schema.items ?? {}, source, name));
    case "string":
      return stringExample(schema, source);
    case "integer":
      return integerExample(schema, source);
    case "number":
      return schema.minimum ?? 0.5;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return source.text(1, 40);
  }
}

function typeOf({ type, properties }: Schema): string | undefined {
  if (typeof type === "string") return type;
  return type?.find((one) => one !== "null") ?? (properties ? "object" : undefined);
}

function objectExample({ properties = {}, required = [] }: Schema, source: Source): Record<string, unknown> {
  const given = Object.entries(properties).filter(([name]) => source.optional || required.includes(name));
  return Object.fromEntries(given.map(([name, schema]) => [name, example(schema, source, name)]));
}

function stringExample({ format, pattern, minLength = 1, maxLength = 200 }: Schema, source: Source): string {
  switch (format) {
    case "uuid":
      return randomUUID();
    case "date-time":
      return "2026-01-02T03:04:05.678Z";
    case "date":
      return "2026-01-02";
    case "email":
      return `${source.text(1, 40)}@example.test`;
    case "uri":
      return `https://example.test/${source.text(1, 40)}`;
    case undefined:
      return patterned(pattern, source.text(minLength, maxLength));
    default:
      throw new Error(`unsupported format ${format}: extend tests/support/api/example.ts`);
  }
}

/** The source's text if it fits, because that is recognizable. */
function patterned(pattern: string | undefined, text: string): string {
  if (pattern === undefined) return text;
  const candidates = [text, `${text}@example.test`, text.replace(/\W/g, "")];
  return candidates.find((one) => new RegExp(pattern, "u").test(one)) ?? textMatching(pattern);
}

function integerExample(
  { minimum = 0, maximum = Number.MAX_SAFE_INTEGER, exclusiveMinimum, multipleOf = 1 }: Schema,
  source: Source,
): number {
  const min =
    typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : minimum + (exclusiveMinimum === true ? 1 : 0);
  return Math.floor(source.integer(min, maximum) / multipleOf) * multipleOf;
}
