import { isNumber, isObject, type Json, wholeNumber } from "./json.ts";
import {
  type AvroRule,
  type EnumType,
  type Field,
  type FixedType,
  type Primitive,
  type RecordType,
  type Schema,
  typeLabel,
} from "./model.ts";

export interface Fault {
  rule: AvroRule;
  reason: string;
}

/**
 * Why `value` cannot be the default of a field of this type, or undefined when it can.
 *
 * A union's default may match any of its branches (Avro ≥ 1.12; up to 1.11 it had to be the first). Beyond Java Avro, which asks
 * only for a string, the default of bytes and fixed must be code points up to U+00FF and of the fixed's length, and that of an
 * enum one of its symbols: a reader fails on anything else (rule `default-text`).
 */
export function defaultFault(schema: Schema, value: Json, filling: ReadonlySet<Field> = new Set()): Fault | undefined {
  switch (schema.type) {
    case "null":
      return fits(value === null, schema, value);
    case "boolean":
      return fits(typeof value === "boolean", schema, value);
    case "int":
      return fits(within(value, 31n), schema, value);
    case "long":
      return fits(within(value, 63n), schema, value);
    case "float":
    case "double":
      if (typeof value === "string") return { rule: "default-text", reason: `the default ${show(value)} must be a number, not text` };
      return fits(isNumber(value), schema, value);
    case "string":
      return fits(typeof value === "string", schema, value);
    case "bytes":
    case "fixed":
    case "enum":
      return textFault(schema, value);
    case "array":
      return Array.isArray(value) ? first(value, (item) => defaultFault(schema.items, item, filling)) : fits(false, schema, value);
    case "map":
      return isObject(value)
        ? first(Object.values(value), (item) => defaultFault(schema.values, item, filling))
        : fits(false, schema, value);
    case "union":
      return unionFault(schema.branches, value, filling);
    case "record":
      return recordFault(schema, value, filling);
  }
}

function textFault(schema: Primitive | EnumType | FixedType, value: Json): Fault | undefined {
  if (typeof value !== "string") return fits(false, schema, value);
  if (schema.type === "enum") {
    const known = schema.symbols.includes(value);
    return known ? undefined : { rule: "default-text", reason: `the default ${show(value)} is not a symbol of ${typeLabel(schema)}` };
  }
  for (const character of value) {
    if ((character.codePointAt(0) ?? 0) > 0xff) {
      return { rule: "default-text", reason: `the default of ${schema.type} must be code points up to U+00FF, one a byte` };
    }
  }
  if (schema.type === "fixed" && value.length !== schema.size) {
    return { rule: "default-text", reason: `the default of ${typeLabel(schema)} has ${value.length} bytes, not ${schema.size}` };
  }
  return undefined;
}

function unionFault(branches: readonly Schema[], value: Json, filling: ReadonlySet<Field>): Fault | undefined {
  const faults: Fault[] = [];
  for (const branch of branches) {
    const fault = defaultFault(branch, value, filling);
    if (fault === undefined) return undefined;
    faults.push(fault);
  }
  const textual = faults.find((fault) => fault.rule === "default-text");
  const labels = branches.map(typeLabel).join(", ");
  return textual ?? { rule: "default", reason: `the default ${show(value)} matches no branch of the union (${labels})` };
}

function recordFault(schema: RecordType, value: Json, filling: ReadonlySet<Field>): Fault | undefined {
  if (!isObject(value)) return fits(false, schema, value);
  return first(schema.fields, (field) => {
    if (Object.hasOwn(value, field.name)) return defaultFault(field.type, value[field.name] as Json, filling);
    const what = `the default of ${typeLabel(schema)} lacks its field ${field.name}`;
    if (field.default === undefined) return { rule: "default", reason: `${what}, which has no default of its own` };
    if (filling.has(field)) return { rule: "default", reason: `${what}, whose own default contains itself without end` };
    return defaultFault(field.type, field.default, new Set([...filling, field]));
  });
}

function first<T>(values: Iterable<T>, fault: (value: T) => Fault | undefined): Fault | undefined {
  for (const value of values) {
    const found = fault(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function within(value: Json, bits: bigint): boolean {
  const whole = wholeNumber(value);
  return whole !== undefined && whole >= -(2n ** bits) && whole < 2n ** bits;
}

function fits(fitting: boolean, schema: Schema, value: Json): Fault | undefined {
  return fitting ? undefined : { rule: "default", reason: `the default ${show(value)} is not of type ${typeLabel(schema)}` };
}

function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
