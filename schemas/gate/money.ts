import type { Field, RecordType, Schema } from "../avro/model.ts";
import type { SchemaViolation } from "./finding.ts";
import { isCentsName, isMoneyName, isNeutralName } from "./money-names.ts";

/** What the names around a value say about it. */
interface NameMeaning {
  /** The name that means money; undefined if none does. */
  money: string | undefined;
  /** The name that means cents. */
  cents: string | undefined;
}

/** Types that are judged by their contents, and null, which has none. */
const SKIPPED_TYPES: ReadonlySet<string> = new Set(["record", "array", "map", "union", "null"]);
const NO_MEANING: NameMeaning = { money: undefined, cents: undefined };

/**
 * Money is a whole number of cents, an Avro long. Refuses, at any depth of records, arrays, maps
 * and unions, a float, double or decimal whose name means money, and any type but long whose name
 * means cents.
 */
export function checkMoney(root: Schema): SchemaViolation[] {
  const violations: SchemaViolation[] = [];
  const seen = new Set<string>();
  visit(root, "", NO_MEANING);
  return violations;

  function visit(type: Schema, path: string, meaning: NameMeaning): void {
    const reason = findReason(type, meaning);
    if (reason)
      violations.push({
        rule: "money",
        field: path,
        reason,
        remedy: moneyRemedy(meaning.cents ?? meaning.money ?? path),
      });
    if (type.type === "record") fieldsOf(type, path, meaning);
    else if (type.type === "array") visit(type.items, `${path}[]`, meaning);
    else if (type.type === "map") visit(type.values, `${path}{}`, meaning);
    else if (type.type === "union") for (const branch of type.branches) visit(branch, path, meaning);
  }

  /**
   * A type that is used in two places is judged in both, unless the names around it mean the same.
   */
  function fieldsOf(record: RecordType, path: string, outer: NameMeaning): void {
    const key = JSON.stringify([record.name.full, outer.money !== undefined, outer.cents !== undefined]);
    if (seen.has(key)) return;
    seen.add(key);
    const own = namesMeaning([record.name.name]);
    const inherited: NameMeaning = { money: own.money ?? outer.money, cents: own.cents ?? outer.cents };
    for (const field of record.fields)
      visit(field.type, path ? `${path}.${field.name}` : field.name, fieldMeaning(field, inherited));
  }
}

/**
 * A neutral name inside a name of money means money: `price: { value: double }`. Other names are
 * judged alone.
 */
function fieldMeaning(field: Field, inherited: NameMeaning): NameMeaning {
  const own = namesMeaning([field.name, ...field.aliases]);
  return own.money === undefined && isNeutralName(field.name) ? inherited : own;
}

function namesMeaning(names: readonly string[]): NameMeaning {
  return { money: names.find(isMoneyName), cents: names.find(isCentsName) };
}

function findReason(type: Schema, { money, cents }: NameMeaning): string | undefined {
  if (money === undefined || SKIPPED_TYPES.has(type.type)) return undefined;
  if (type.type === "float" || type.type === "double")
    return `'${money}' names money, but the type is ${type.type}, which cannot hold every cent`;
  if ("props" in type && String(type.props.get("logicalType")).endsWith("decimal")) {
    return `'${money}' names money, but the type is a decimal over ${type.type}: money is whole cents, a long`;
  }
  return cents !== undefined && type.type !== "long"
    ? `'${cents}' counts cents, but the type is ${type.type} instead of long`
    : undefined;
}

function moneyRemedy(name: string): string {
  const example = isCentsName(name) ? "" : `, such as ${name}_cents`;
  return `make it a long that counts cents${example}; if it is not money, name its unit, such as rate or km`;
}
