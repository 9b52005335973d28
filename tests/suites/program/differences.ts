import { type RecordedResource, redactSecrets } from "../../support/program/record.ts";
import { kindOf } from "../../support/program/recorded-program.ts";

/** How two stacks differ, in lines that tests compare. */
export interface Differences {
  onlyFirst: string[];
  onlySecond: string[];
  /** `Type name.path: first → second`; for lists of texts, the items of only one of them. */
  fields: string[];
}

/** Compares by `Type name`. All secrets count as equal. */
export function differences(first: RecordedResource[], second: RecordedResource[]): Differences {
  const [left, right] = [byName(first), byName(second)];
  return {
    onlyFirst: [...left.keys()].filter((key) => !right.has(key)).sort(),
    onlySecond: [...right.keys()].filter((key) => !left.has(key)).sort(),
    fields: [...left]
      .filter(([key]) => right.has(key))
      .flatMap(([key, inputs]) => compare(key, inputs, right.get(key)))
      .sort(),
  };
}

function byName(recorded: RecordedResource[]): Map<string, unknown> {
  return new Map(redactSecrets(recorded).map((resource) => [`${kindOf(resource)} ${resource.name}`, resource.inputs]));
}

function compare(path: string, first: unknown, second: unknown): string[] {
  if (isTextList(first) && isTextList(second)) return compareLists(path, first, second);
  const [left, right] = [fieldsOf(first), fieldsOf(second)];
  if (left === undefined || right === undefined)
    return isEqual(first, second) ? [] : [`${path}: ${format(first)} → ${format(second)}`];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    compare(`${path}.${key}`, left[key], right[key]),
  );
}

function compareLists(path: string, first: string[], second: string[]): string[] {
  const [removed, added] = [
    first.filter((text) => !second.includes(text)),
    second.filter((text) => !first.includes(text)),
  ];
  return isEqual(first, second) ? [] : [`${path}: ${format(removed)} → ${format(added)}`];
}

/** Items of a list are compared by name where they have one, whatever their order. */
function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  return Object.fromEntries(value.map((item, index) => [(item as { name?: string } | null)?.name ?? index, item]));
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
const isEqual = (first: unknown, second: unknown) => JSON.stringify(first) === JSON.stringify(second);

/** Replaces hashes, which change with the sources. */
function format(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").replace(/(?<="|:)[0-9a-f]{8}([0-9a-f]{8})?(?=")/g, "HASH");
}
