/** The JSON of an Avro schema, already known to be valid. */
export type AvroJson = string | AvroJson[] | AvroObject;
export interface AvroObject {
  type: AvroJson;
  name?: string;
  namespace?: string;
  doc?: string;
  fields?: { name: string; type: AvroJson; doc?: string }[];
  symbols?: string[];
  items?: AvroJson;
  values?: AvroJson;
}

const PRIMITIVES: Record<string, string> = {
  null: "null",
  boolean: "boolean",
  int: "number",
  long: "number",
  float: "number",
  double: "number",
  bytes: "Uint8Array",
  string: "string",
};

/** What two branches of a union must not share: avsc cannot tell such values apart and wraps them by branch name. */
const BUCKETS: Record<string, string> = {
  ...PRIMITIVES,
  enum: "string",
  fixed: "Uint8Array",
  array: "array",
  map: "object",
  record: "object",
};

/** What is known of a named type once its definition was passed. */
interface Named {
  kind: string;
  typescript: string;
}

/**
 * The TypeScript of one Avro file: records as interfaces, enums as unions of strings, a nullable union as `T | null`, in the shape
 * that avsc reads and writes.
 *
 * @returns the declarations, in the order of use, and the name of the outermost type.
 * @throws when two namespaces have a type of the same short name: one file cannot hold both.
 */
export function typescriptOf(schema: AvroJson): { source: string; root: string } {
  const writer = new Writer();
  const root = writer.type(schema, "");
  return { source: writer.declarations.join("\n"), root };
}

class Writer {
  readonly declarations: string[] = [];
  private readonly named = new Map<string, Named>();

  type(schema: AvroJson, namespace: string): string {
    if (typeof schema === "string") return PRIMITIVES[schema] ?? this.reference(schema, namespace).typescript;
    if (Array.isArray(schema)) return this.union(schema, namespace);
    if (typeof schema.type !== "string") return this.type(schema.type, namespace);
    switch (schema.type) {
      case "array":
        return `readonly ${parenthesized(this.type(schema.items ?? "null", namespace))}[]`;
      case "map":
        return `{ readonly [key: string]: ${this.type(schema.values ?? "null", namespace)} }`;
      case "record":
      case "error":
      case "enum":
      case "fixed":
        return this.define(schema, schema.type, namespace);
      default:
        return this.type(schema.type, namespace);
    }
  }

  private define(schema: AvroObject, kind: string, outer: string): string {
    const { short, namespace, full } = nameOf(schema.name ?? "", schema.namespace ?? outer);
    const typescript = kind === "fixed" ? "Uint8Array" : pascal(short);
    if (kind !== "fixed" && [...this.named.values()].some((other) => other.typescript === typescript)) {
      throw new Error(`Two types of one file are called ${typescript} in TypeScript: rename ${full}`);
    }
    this.named.set(full, { kind: kind === "error" ? "record" : kind, typescript });
    if (kind === "enum")
      this.emit(schema, `export type ${typescript} = ${(schema.symbols ?? []).map((one) => JSON.stringify(one)).join(" | ")};`);
    if (kind === "record" || kind === "error") {
      const at = this.declarations.length;
      const lines = (schema.fields ?? []).map(
        (field) => comment(field.doc, "  ") + `  readonly ${property(field.name)}: ${this.type(field.type, namespace)};`,
      );
      this.emit(schema, `export interface ${typescript} {\n${lines.join("\n")}\n}`, at);
    }
    return typescript;
  }

  private union(branches: AvroJson[], namespace: string): string {
    const types = branches.map((branch) => ({ kind: this.kind(branch, namespace), typescript: this.type(branch, namespace) }));
    const present = types.filter(({ kind }) => kind !== "null");
    const wrapped = new Set(present.map(({ kind }) => BUCKETS[kind])).size < present.length;
    const names = branches.map((branch) => this.branchName(branch, namespace));
    const values = types.map(({ typescript, kind }, at) =>
      wrapped && kind !== "null" ? `{ readonly ${JSON.stringify(names[at])}: ${typescript} }` : typescript,
    );
    const nullLast = [...values.filter((value) => value !== "null"), ...values.filter((value) => value === "null")];
    return nullLast.join(" | ");
  }

  private kind(branch: AvroJson, namespace: string): string {
    if (typeof branch === "string") return branch in PRIMITIVES ? branch : this.reference(branch, namespace).kind;
    if (Array.isArray(branch)) throw new Error("A union stands directly inside a union, which Avro does not allow");
    if (branch.type === "error") return "record";
    return typeof branch.type === "string" && branch.type in BUCKETS ? branch.type : this.kind(branch.type, namespace);
  }

  private branchName(branch: AvroJson, namespace: string): string {
    if (typeof branch === "string") return branch in PRIMITIVES ? branch : nameOf(branch, namespace).full;
    if (Array.isArray(branch)) return "union";
    return branch.name ? nameOf(branch.name, branch.namespace ?? namespace).full : String(branch.type);
  }

  private reference(name: string, namespace: string): Named {
    const found = this.named.get(nameOf(name, namespace).full) ?? this.named.get(name);
    if (!found) throw new Error(`The type ${name} is used before it is defined`);
    return found;
  }

  private emit(schema: AvroObject, text: string, at = this.declarations.length): void {
    this.declarations.splice(at, 0, `${comment(schema.doc, "")}${text}\n`);
  }
}

/** Avro's rule: a dotted name is full already, any other takes the namespace around it. */
function nameOf(name: string, around: string): { short: string; namespace: string; full: string } {
  const dot = name.lastIndexOf(".");
  const namespace = dot < 0 ? around : name.slice(0, dot);
  const short = name.slice(dot + 1);
  return { short, namespace, full: namespace ? `${namespace}.${short}` : short };
}

const pascal = (name: string) => name.replace(/(?:^|_)([a-zA-Z0-9])/g, (_, first: string) => first.toUpperCase());
const property = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
const parenthesized = (type: string) => (/^\w+$/.test(type) ? type : `(${type})`);
const comment = (doc: string | undefined, indent: string) => (doc ? `${indent}/** ${doc.replaceAll("*/", "* /")} */\n` : "");
