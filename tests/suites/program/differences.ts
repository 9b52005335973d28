import { type RecordedResource, redactSecrets } from "../../../cli/program/record.ts";
import { kindOf } from "../../support/program/recorded-program.ts";

/** How two stacks differ, in words that can be compared whole. */
export interface Differences {
  onlyFirst: string[];
  onlySecond: string[];
  /** `Type name.path: first → second`; of lists of texts what only one of them has. */
  fields: string[];
}

/** Secrets are all alike. */
export function differences(first: RecordedResource[], second: RecordedResource[]): Differences {
  const [one, other] = [byName(first), byName(second)];
  return {
    onlyFirst: [...one.keys()].filter((key) => !other.has(key)).sort(),
    onlySecond: [...other.keys()].filter((key) => !one.has(key)).sort(),
    fields: [...one]
      .filter(([key]) => other.has(key))
      .flatMap(([key, inputs]) => compare(key, inputs, other.get(key)))
      .sort(),
  };
}

function byName(recorded: RecordedResource[]): Map<string, unknown> {
  return new Map(redactSecrets(recorded).map((resource) => [`${kindOf(resource)} ${resource.name}`, resource.inputs]));
}

function compare(path: string, first: unknown, second: unknown): string[] {
  if (isTexts(first) && isTexts(second)) return lists(path, first, second);
  const [one, other] = [fieldsOf(first), fieldsOf(second)];
  if (one === undefined || other === undefined)
    return same(first, second) ? [] : [`${path}: ${shown(first)} → ${shown(second)}`];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    compare(`${path}.${key}`, one[key], other[key]),
  );
}

function lists(path: string, first: string[], second: string[]): string[] {
  const [gone, come] = [first.filter((text) => !second.includes(text)), second.filter((text) => !first.includes(text))];
  return same(first, second) ? [] : [`${path}: ${shown(gone)} → ${shown(come)}`];
}

/** Entries of a list go by their names where they have them, for their order says nothing then. */
function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  return Object.fromEntries(value.map((item, index) => [(item as { name?: string } | null)?.name ?? index, item]));
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
const same = (first: unknown, second: unknown) => JSON.stringify(first) === JSON.stringify(second);

/** Hashes and tags of sources change with what they are of. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").replace(/(?<="|:)[0-9a-f]{8}([0-9a-f]{8})?(?=")/g, "HASH");
}
