import { type Schema, typeLabel, type UnionType } from "../avro/model.ts";
import { isWrapped, kindOfType, kindOfValue } from "./value-kind.ts";

/** A place in a value, and the type that it does not fit. */
export interface Misfit {
  /** Names and indexes: `event_data.lines.0`. Empty for the value itself. */
  path: string;
  expected: string;
}

/** Every place where a value does not fit its schema, after a {@link MisfitError}. */
export function findMisfits(schema: Schema, value: unknown, path: readonly string[] = []): Misfit[] {
  if (schema.type === "union") return findUnionMisfits(schema, value, path);
  const misfit = [{ path: path.join("."), expected: typeLabel(schema) }];
  if (kindOfType(schema) !== kindOfValue(value)) return misfit;
  switch (schema.type) {
    case "int":
      return value === (Number(value) | 0) ? [] : misfit;
    case "long":
      return Number.isSafeInteger(value) ? [] : misfit;
    case "enum":
      return schema.symbols.includes(value as string) ? [] : misfit;
    case "fixed":
      return (value as Uint8Array).length === schema.size ? [] : misfit;
    case "array":
      return Array.from(value as unknown[], (item, index) =>
        findMisfits(schema.items, item, [...path, String(index)]),
      ).flat();
    case "map":
      return Object.keys(value as object).flatMap((key) =>
        findMisfits(schema.values, memberOf(value, key), [...path, key]),
      );
    case "record":
      return schema.fields.flatMap(({ name, type, default: json }) => {
        const member = memberOf(value, name);
        return member === undefined && json !== undefined ? [] : findMisfits(type, member, [...path, name]);
      });
    default:
      return [];
  }
}

function findUnionMisfits(union: UnionType, value: unknown, path: readonly string[]): Misfit[] {
  const wrapped = isWrapped(union) && value !== null;
  const [name = "", ...more] = wrapped && kindOfValue(value) === "object" ? Object.keys(value as object) : [];
  const branch = union.branches.find((candidate) =>
    wrapped ? more.length === 0 && typeLabel(candidate) === name : kindOfType(candidate) === kindOfValue(value),
  );
  if (branch === undefined) return [{ path: path.join("."), expected: union.branches.map(typeLabel).join(" or ") }];
  return wrapped ? findMisfits(branch, memberOf(value, name), [...path, name]) : findMisfits(branch, value, path);
}

/** What every object inherits, such as `constructor`, is no value of a record. */
function memberOf(value: unknown, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(value as object, name)
    ? undefined
    : (value as Record<string, unknown>)[name];
}
