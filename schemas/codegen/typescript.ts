import type { EnumType, RecordType, Schema, UnionType } from "../avro/model.ts";
import { typeLabel } from "../avro/model.ts";
import { isWrapped } from "../codec/value-kind.ts";
import { typeScriptName } from "../gate/type-names.ts";

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
 * The TypeScript of one Avro file: records as interfaces, enums as unions of strings, a nullable
 * union as `T | null`, in the shape that the codec reads and writes. The gate has refused two types
 * of one name.
 *
 * @returns the declarations, outermost first, each with its name
 */
export function toTypeScript(root: Schema): { name: string; source: string }[] {
  const writer = new TypeScriptWriter();
  writer.type(root);
  return writer.declarations;
}

class TypeScriptWriter {
  readonly declarations: { name: string; source: string }[] = [];
  private readonly written = new Set<string>();

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
    const name = typeScriptName(schema.name.name);
    if (this.written.has(name)) return name;
    this.written.add(name);
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

  private union(union: UnionType): string {
    const present = union.branches.filter(({ type }) => type !== "null");
    const values = present.map((branch) => {
      const type = this.type(branch);
      return isWrapped(union) ? `{ readonly ${JSON.stringify(typeLabel(branch))}: ${type} }` : type;
    });
    return [...values, ...(present.length < union.branches.length ? ["null"] : [])].join(" | ");
  }
}

const formatLiterals = (symbols: readonly string[]) => symbols.map((one) => JSON.stringify(one)).join(" | ");
const parenthesize = (type: string) => (/^\w+$/.test(type) ? type : `(${type})`);
const formatComment = (doc: string | undefined, indent: string) =>
  doc ? `${indent}/** ${doc.replaceAll("*/", "* /")} */\n` : "";
