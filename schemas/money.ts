import type { Field, RecordType, Schema } from "./avro/model.ts";
import type { Flaw } from "./finding.ts";
import { isNeutral, namesCents, namesMoney } from "./money-names.ts";

/** What the names around a value say of it. */
interface Meaning {
  /** The name that says money; undefined where none does. */
  money: string | undefined;
  /** The name that says cents. */
  cents: string | undefined;
}

/** Judged by what they hold, and null, which holds nothing. */
const UNJUDGED: ReadonlySet<string> = new Set(["record", "array", "map", "union", "null"]);
const NOTHING: Meaning = { money: undefined, cents: undefined };

/**
 * Money is a whole number of cents, an Avro long. Refused, however deep in records, arrays, maps and unions:
 * a float, double or decimal that a name calls money, and anything but a long that a name calls cents.
 */
export function moneyFlaws(root: Schema): Flaw[] {
  const flaws: Flaw[] = [];
  const seen = new Set<string>();
  visit(root, "", NOTHING);
  return flaws;

  function visit(type: Schema, path: string, meaning: Meaning): void {
    const reason = objection(type, meaning);
    if (reason) flaws.push({ rule: "money", field: path, reason, remedy: remedy(meaning.cents ?? meaning.money ?? path) });
    if (type.type === "record") fieldsOf(type, path, meaning);
    else if (type.type === "array") visit(type.items, `${path}[]`, meaning);
    else if (type.type === "map") visit(type.values, `${path}{}`, meaning);
    else if (type.type === "union") for (const branch of type.branches) visit(branch, path, meaning);
  }

  /** A type that is used in two places is judged in both, unless what surrounds it says the same. */
  function fieldsOf(record: RecordType, path: string, around: Meaning): void {
    const key = JSON.stringify([record.name.full, around.money !== undefined, around.cents !== undefined]);
    if (seen.has(key)) return;
    seen.add(key);
    const own = meaningOf([record.name.name]);
    const inherited: Meaning = { money: own.money ?? around.money, cents: own.cents ?? around.cents };
    for (const field of record.fields) visit(field.type, path ? `${path}.${field.name}` : field.name, fieldMeaning(field, inherited));
  }
}

/** A neutral name inside something that names money is money: `price: { value: double }`. Any other name speaks for itself. */
function fieldMeaning(field: Field, inherited: Meaning): Meaning {
  const own = meaningOf([field.name, ...field.aliases]);
  return own.money === undefined && isNeutral(field.name) ? inherited : own;
}

function meaningOf(names: readonly string[]): Meaning {
  return { money: names.find(namesMoney), cents: names.find(namesCents) };
}

function objection(type: Schema, { money, cents }: Meaning): string | undefined {
  if (money === undefined || UNJUDGED.has(type.type)) return undefined;
  if (type.type === "float" || type.type === "double")
    return `'${money}' names money, but the type is ${type.type}, which cannot hold every cent`;
  if ("props" in type && String(type.props.get("logicalType")).endsWith("decimal")) {
    return `'${money}' names money, but the type is a decimal over ${type.type}: money is whole cents, a long`;
  }
  return cents !== undefined && type.type !== "long" ? `'${cents}' counts cents, but the type is ${type.type} instead of long` : undefined;
}

function remedy(name: string): string {
  const example = namesCents(name) ? "" : `, such as ${name}_cents`;
  return `make it a long that counts cents${example}; what is no money takes a name with its unit, such as rate or km`;
}
