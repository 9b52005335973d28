import { checkDefault } from "../avro/defaults.ts";
import { isObject, type Json, wholeNumber } from "../avro/json.ts";
import { type Field, isNamed, type RecordType, type Schema, typeLabel } from "../avro/model.ts";
import { countDefaultValues } from "./default-size.ts";
import type { SchemaViolation } from "./finding.ts";
import { pathInsideRecord } from "./schema-parser.ts";

/**
 * What is Avro, but no service can use: types without a value, numbers that a service's numbers do
 * not hold, and what the Avro libraries of other languages do not load. It would be registered, and
 * the services would exit.
 */
export function checkServiceTypes(root: Schema): SchemaViolation[] {
  const walk = new Walk();
  walk.visit(root, isNamed(root) ? root.name.name : "schema");
  return walk.violations;
}

const MAX_DEFAULT_VALUES = 10_000;

class Walk {
  readonly violations: SchemaViolation[] = [];
  readonly #seen = new Set<Schema>();
  readonly #counted = new Map<Field, number>();
  #hasLargeDefault = false;

  visit(schema: Schema, path: string): void {
    if (this.#seen.has(schema)) return;
    if (isNamed(schema)) {
      this.#seen.add(schema);
      this.#name(schema.name.full, "a type", path);
    }
    switch (schema.type) {
      case "array":
        this.visit(schema.items, `${path}[]`);
        break;
      case "map":
        this.visit(schema.values, `${path}{}`);
        break;
      case "union":
        if (schema.branches.length === 0)
          this.#refuse(path, "the union has no branch, and so no value", "name the types that it may hold");
        for (const branch of schema.branches) this.visit(branch, path);
        break;
      case "enum":
        if (schema.symbols.length === 0)
          this.#refuse(path, `the enum ${typeLabel(schema)} has no symbol, and so no value`, "name its symbols");
        for (const symbol of schema.symbols) this.#name(symbol, "a symbol", path);
        break;
      case "record":
        this.#record(schema, path);
        break;
      default:
        if (schema.logicalType?.name.endsWith("timestamp-nanos"))
          this.#refuse(
            path,
            `${schema.logicalType.name} exceeds ±(2^53 - 1) after 104 days, which a service's numbers do not hold`,
            "count microseconds instead, by timestamp-micros",
          );
    }
  }

  #record(record: RecordType, path: string): void {
    if (holdsItself(record, record))
      this.#refuse(
        path,
        `the record ${typeLabel(record)} contains itself without end, and so has no value`,
        'make a field on the way back nullable, such as the type ["null", …] with the default null',
      );
    const names = new Set(record.fields.map(({ name }) => name));
    for (const field of record.fields) {
      const taken = field.aliases.find((alias) => names.has(alias));
      if (taken !== undefined)
        this.#refuse(
          `${path}.${field.name}`,
          `the alias ${taken} is the name of a field of the same record, so no reader can tell which is meant`,
          "take the alias away",
        );
      this.#field(field, `${path}.${field.name}`);
    }
  }

  #field(field: Field, path: string): void {
    this.#name(field.name, "a field", path);
    this.visit(field.type, path);
    if (field.default === undefined) return;
    if (field.type.type === "union" && checkDefault(field.type.branches[0]!, field.default) !== undefined)
      this.#refuse(
        path,
        `the default ${JSON.stringify(field.default)} is not of the union's first branch, ${typeLabel(field.type.branches[0]!)}: libraries of Avro before 1.12 do not load it`,
        "put the branch of the default first",
      );
    const values = countDefaultValues(field.type, field.default, this.#counted);
    // Every default around it is as large.
    if (values > MAX_DEFAULT_VALUES && !this.#hasLargeDefault) {
      this.#hasLargeDefault = true;
      this.#refuse(
        path,
        `the default stands for ${Number.isFinite(values) ? values : "endless"} values, which each reader would make for each record without the field`,
        `choose one of at most ${MAX_DEFAULT_VALUES}, such as an empty array or null`,
      );
    }
    if (holdsLargeLong(field.type, field.default))
      this.#refuse(
        path,
        `the default ${JSON.stringify(field.default)} is a long beyond ±(2^53 - 1), which a service's numbers do not hold`,
        "choose a default within that range",
      );
  }

  /** Libraries that keep names as members of an object, as avsc does, find these there already. */
  #name(name: string, of: string, path: string): void {
    if (name in Object.prototype)
      this.#refuse(path, `JavaScript has another meaning for ${of} named ${name}`, "give it another name");
  }

  #refuse(path: string, reason: string, remedy: string): void {
    this.violations.push({ rule: "service-types", field: pathInsideRecord(path), reason, remedy });
  }
}

/** Whether each value of a type holds a value of `record`. */
function holdsItself(record: Schema, type: Schema, known = new Map<Schema, boolean>()): boolean {
  const holds = (part: Schema) => part === record || holdsItself(record, part, known);
  if (type.type === "union") return type.branches.length > 0 && type.branches.every(holds);
  if (type.type !== "record") return false;
  const before = known.get(type);
  if (before !== undefined) return before;
  known.set(type, false);
  known.set(
    type,
    type.fields.some((field) => holds(field.type)),
  );
  return known.get(type) === true;
}

/** Whether a checked default holds a long beyond the safe integers. */
function holdsLargeLong(type: Schema, value: Json): boolean {
  switch (type.type) {
    case "long":
      return !Number.isSafeInteger(Number(wholeNumber(value) ?? 0n));
    case "array":
      return (value as readonly Json[]).some((item) => holdsLargeLong(type.items, item));
    case "map":
      return isObject(value) && Object.values(value).some((item) => holdsLargeLong(type.values, item));
    case "union": {
      const branch = type.branches.find((candidate) => checkDefault(candidate, value) === undefined);
      return branch !== undefined && holdsLargeLong(branch, value);
    }
    case "record":
      return (
        isObject(value) &&
        type.fields.some(({ name, type: part }) => Object.hasOwn(value, name) && holdsLargeLong(part, value[name]!))
      );
    default:
      return false;
  }
}
