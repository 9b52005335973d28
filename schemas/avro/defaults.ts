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

export interface DefaultViolation {
  rule: AvroRule;
  reason: string;
}

/**
 * Fields whose own default fits. Without this, records that hold two of the next one, each by an
 * empty default, would be checked two to the power of their number of times.
 */
const fitting = new WeakSet<Field>();

/**
 * Why `value` cannot be the default of a field of this type, or undefined when it can.
 *
 * A union's default may match any of its branches (Avro ≥ 1.12; up to 1.11 only the first).
 * Stricter than Java Avro, which requires only a string (rule `default-text`): a default of bytes
 * or fixed must be code points up to U+00FF, for fixed as many as its size, and a default of an
 * enum must be one of its symbols. A reader fails on anything else.
 */
export function checkDefault(
  schema: Schema,
  value: Json,
  filling: ReadonlySet<Field> = new Set(),
): DefaultViolation | undefined {
  switch (schema.type) {
    case "null":
      return violationUnless(value === null, schema, value);
    case "boolean":
      return violationUnless(typeof value === "boolean", schema, value);
    case "int":
      return violationUnless(fitsBits(value, 31n), schema, value);
    case "long":
      return violationUnless(fitsBits(value, 63n), schema, value);
    case "float":
    case "double":
      if (typeof value === "string")
        return { rule: "default-text", reason: `the default ${formatValue(value)} must be a number, not text` };
      return violationUnless(isNumber(value), schema, value);
    case "string":
      return violationUnless(typeof value === "string", schema, value);
    case "bytes":
    case "fixed":
    case "enum":
      return checkTextDefault(schema, value);
    case "array":
      return Array.isArray(value)
        ? findFirstViolation(value, (item) => checkDefault(schema.items, item, filling))
        : violationUnless(false, schema, value);
    case "map":
      return isObject(value)
        ? findFirstViolation(Object.values(value), (item) => checkDefault(schema.values, item, filling))
        : violationUnless(false, schema, value);
    case "union":
      return checkUnionDefault(schema.branches, value, filling);
    case "record":
      return checkRecordDefault(schema, value, filling);
  }
}

function checkTextDefault(schema: Primitive | EnumType | FixedType, value: Json): DefaultViolation | undefined {
  if (typeof value !== "string") return violationUnless(false, schema, value);
  if (schema.type === "enum") {
    return schema.symbols.includes(value)
      ? undefined
      : { rule: "default-text", reason: `the default ${formatValue(value)} is not a symbol of ${typeLabel(schema)}` };
  }
  for (const character of value) {
    if ((character.codePointAt(0) ?? 0) > 0xff) {
      return {
        rule: "default-text",
        reason: `the default of ${schema.type} must be code points up to U+00FF, one a byte`,
      };
    }
  }
  if (schema.type === "fixed" && value.length !== schema.size) {
    return {
      rule: "default-text",
      reason: `the default of ${typeLabel(schema)} has ${value.length} bytes, not ${schema.size}`,
    };
  }
  return undefined;
}

function checkUnionDefault(
  branches: readonly Schema[],
  value: Json,
  filling: ReadonlySet<Field>,
): DefaultViolation | undefined {
  const faults: DefaultViolation[] = [];
  for (const branch of branches) {
    const fault = checkDefault(branch, value, filling);
    if (fault === undefined) return undefined;
    faults.push(fault);
  }
  const textual = faults.find((fault) => fault.rule === "default-text");
  const labels = branches.map(typeLabel).join(", ");
  return (
    textual ?? {
      rule: "default",
      reason: `the default ${formatValue(value)} matches no branch of the union (${labels})`,
    }
  );
}

function checkRecordDefault(
  schema: RecordType,
  value: Json,
  filling: ReadonlySet<Field>,
): DefaultViolation | undefined {
  if (!isObject(value)) return violationUnless(false, schema, value);
  return findFirstViolation(schema.fields, (field) => {
    if (Object.hasOwn(value, field.name)) return checkDefault(field.type, value[field.name] as Json, filling);
    const what = `the default of ${typeLabel(schema)} lacks its field ${field.name}`;
    if (field.default === undefined) return { rule: "default", reason: `${what}, which has no default` };
    if (filling.has(field)) return { rule: "default", reason: `${what}, whose default contains itself without end` };
    if (fitting.has(field)) return undefined;
    const violation = checkDefault(field.type, field.default, new Set([...filling, field]));
    if (violation === undefined) fitting.add(field);
    return violation;
  });
}

function findFirstViolation<T>(
  values: Iterable<T>,
  fault: (value: T) => DefaultViolation | undefined,
): DefaultViolation | undefined {
  for (const value of values) {
    const violation = fault(value);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

function fitsBits(value: Json, bits: bigint): boolean {
  const whole = wholeNumber(value);
  return whole !== undefined && whole >= -(2n ** bits) && whole < 2n ** bits;
}

function violationUnless(fitting: boolean, schema: Schema, value: Json): DefaultViolation | undefined {
  return fitting
    ? undefined
    : { rule: "default", reason: `the default ${formatValue(value)} is not of type ${typeLabel(schema)}` };
}

function formatValue(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
