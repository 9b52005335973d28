import type { EnumType, RecordType, Schema, UnionType } from "../avro/model.ts";
import { typeLabel } from "../avro/model.ts";

const PRIMITIVE_TYPES = {
  null: "null",
  boolean: "boolean",
  int: "number",
  long: "number",
  float: "number",
  double: "number",
  bytes: "Uint8Array",
  fixed: "Uint8Array",
  string: "string",
} as const;

/**
 * The JavaScript type of a union's branch. avsc cannot distinguish branches that share one, so it
 * wraps their values by branch name.
 */
const VALUE_KINDS: Record<Schema["type"], string> = {
  ...PRIMITIVE_TYPES,
  enum: "string",
  array: "array",
  map: "object",
  record: "object",
  union: "union",
};

/**
 * The TypeScript of one Avro file: records as interfaces, enums as unions of strings, a nullable
 * union as `T | null`, in the shape that avsc reads and writes.
 *
 * @returns the declarations, outermost first, each with its name
 * @throws if two namespaces have a type of the same short name, which one file cannot hold
 */
export function toTypeScript(root: Schema): { name: string; source: string }[] {
  const writer = new TypeScriptWriter();
  writer.type(root);
  return writer.declarations;
}

class TypeScriptWriter {
  readonly declarations: { name: string; source: string }[] = [];
  private readonly fullNames = new Map<string, string>();

  type(schema: Schema): string {
    switch (schema.type) {
      case "union":
        return this.union(schema);
      case "array":
        return `readonly ${parenthesize(this.type(schema.items))}[]`;
      case "map":
        return `{ readonly [key: string]: ${this.type(schema.values)} }`;
      case "record":
      case "enum":
        return this.named(schema);
      default:
        return PRIMITIVE_TYPES[schema.type];
    }
  }

  private named(schema: RecordType | EnumType): string {
    const name = toPascalCase(schema.name.name);
    const taken = this.fullNames.get(name);
    if (taken === schema.name.full) return name;
    if (taken !== undefined)
      throw new Error(`${taken} and ${schema.name.full} are both ${name} in TypeScript: rename one`);
    this.fullNames.set(name, schema.name.full);
    const declaration = { name, source: "" };
    this.declarations.push(declaration);
    const body =
      schema.type === "enum"
        ? `type ${name} = ${formatLiterals(schema.symbols)};`
        : `interface ${name} ${this.fields(schema)}`;
    declaration.source = `${formatComment(schema.doc, "")}export ${body}\n`;
    return name;
  }

  private fields({ fields }: RecordType): string {
    const lines = fields.map(
      ({ name, doc, type }) => `${formatComment(doc, "  ")}  readonly ${name}: ${this.type(type)};`,
    );
    return `{\n${lines.join("\n")}\n}`;
  }

  private union({ branches }: UnionType): string {
    const present = branches.filter(({ type }) => type !== "null");
    const wrapped = new Set(present.map(({ type }) => VALUE_KINDS[type])).size < present.length;
    const values = present.map((branch) => {
      const type = this.type(branch);
      return wrapped ? `{ readonly ${JSON.stringify(typeLabel(branch))}: ${type} }` : type;
    });
    return [...values, ...(present.length < branches.length ? ["null"] : [])].join(" | ");
  }
}

const toPascalCase = (name: string) => name.replace(/(?:^|_)([a-zA-Z0-9])/g, (_, first: string) => first.toUpperCase());
const formatLiterals = (symbols: readonly string[]) => symbols.map((one) => JSON.stringify(one)).join(" | ");
const parenthesize = (type: string) => (/^\w+$/.test(type) ? type : `(${type})`);
const formatComment = (doc: string | undefined, indent: string) =>
  doc ? `${indent}/** ${doc.replaceAll("*/", "* /")} */\n` : "";
