import { createHash } from "node:crypto";
import { withJavaNumbers } from "./java-number.ts";
import type { Json } from "./json.ts";
import { isNamed, type Name, type NamedType, PRIMITIVES, type Props, type Schema } from "./model.ts";

const TYPE_KEYWORDS = new Set([...PRIMITIVES, "record", "enum", "array", "map", "union", "fixed"]);

type WriteOptions = { known: Set<string>; sorted: boolean };
type JsonOutput = Record<string, unknown>;

/**
 * The registry's identity of a schema: its parsed form written as Java's `Schema.toString` does for
 * Confluent's registry. Layout, the order of attributes and the spelling of numbers go;
 * documentation, aliases, defaults and custom attributes stay.
 *
 * @param known full names that references define, and that are written as names only
 */
export function canonicalString(schema: Schema, known: Iterable<string> = []): string {
  return toJavaText(writeSchema(schema, "", { known: new Set(known), sorted: false }));
}

/**
 * Like `canonicalString`, with custom attributes in alphabetical order, which `normalize=true`
 * compares.
 */
export function normalizedString(schema: Schema, known: Iterable<string> = []): string {
  return toJavaText(writeSchema(schema, "", { known: new Set(known), sorted: true }));
}

/** Jackson escapes control characters with upper-case digits. */
function toJavaText(value: unknown): string {
  return JSON.stringify(value).replace(/\\(?:u[0-9a-f]{4}|.)/g, (escaped) =>
    escaped.startsWith("\\u") ? `\\u${escaped.slice(2).toUpperCase()}` : escaped,
  );
}

function writeSchema(schema: Schema, namespace: string, to: WriteOptions): unknown {
  if (schema.type === "union") return schema.branches.map((branch) => writeSchema(branch, namespace, to));
  const props = writeProps(schema.props, to);
  if (schema.type === "array") return { type: "array", items: writeSchema(schema.items, namespace, to), ...props };
  if (schema.type === "map") return { type: "map", values: writeSchema(schema.values, namespace, to), ...props };
  if (!isNamed(schema)) return schema.props.size === 0 ? schema.type : { type: schema.type, ...props };
  if (to.known.has(schema.name.full)) return relativeName(schema.name, namespace);
  to.known.add(schema.name.full);
  return writeNamedType(schema, namespace, to, props);
}

function writeNamedType(schema: NamedType, namespace: string, to: WriteOptions, props: JsonOutput): JsonOutput {
  const { name, doc, aliases } = schema;
  return {
    type: schema.type === "record" && schema.error ? "error" : schema.type,
    name: name.name,
    ...(name.namespace === namespace ? {} : { namespace: name.namespace }),
    ...(doc === undefined ? {} : { doc }),
    ...(schema.type === "record" ? { fields: writeFields(schema, to) } : {}),
    ...(schema.type === "enum" ? { symbols: schema.symbols } : {}),
    ...(schema.type === "enum" && schema.default !== undefined ? { default: schema.default } : {}),
    ...(schema.type === "fixed" ? { size: schema.size } : {}),
    ...props,
    ...(aliases.length === 0 ? {} : { aliases: aliases.map((alias) => relativeName(alias, name.namespace)) }),
  };
}

function writeFields(schema: NamedType & { type: "record" }, to: WriteOptions): JsonOutput[] {
  return schema.fields.map((field) => ({
    name: field.name,
    type: writeSchema(field.type, schema.name.namespace, to),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    ...(field.default === undefined ? {} : { default: withJavaNumbers(field.default) }),
    ...(field.order === "ascending" ? {} : { order: field.order }),
    ...(field.aliases.length === 0 ? {} : { aliases: field.aliases }),
    ...writeProps(field.props, to),
  }));
}

/**
 * The short name, if the enclosing namespace gives the rest and the short name is not a type
 * keyword.
 */
function relativeName(name: Name, namespace: string): string {
  return name.namespace !== "" && name.namespace === namespace && !TYPE_KEYWORDS.has(name.name) ? name.name : name.full;
}

function writeProps(props: Props, to: WriteOptions): Record<string, Json> {
  const entries = [...props].map(([name, value]): [string, Json] => [name, withJavaNumbers(value)]);
  if (to.sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/**
 * The specification's Parsing Canonical Form: only what decoding needs, so that schemas that decode
 * alike have one text.
 */
export function parsingCanonicalForm(schema: Schema, seen = new Set<string>()): string {
  switch (schema.type) {
    case "union":
      return `[${schema.branches.map((branch) => parsingCanonicalForm(branch, seen)).join(",")}]`;
    case "array":
      return `{"type":"array","items":${parsingCanonicalForm(schema.items, seen)}}`;
    case "map":
      return `{"type":"map","values":${parsingCanonicalForm(schema.values, seen)}}`;
    case "record":
    case "enum":
    case "fixed":
      return namedTypeCanonicalForm(schema, seen);
    default:
      return `"${schema.type}"`;
  }
}

function namedTypeCanonicalForm(schema: NamedType, seen: Set<string>): string {
  const name = `"${schema.name.full}"`;
  if (seen.has(schema.name.full)) return name;
  seen.add(schema.name.full);
  const head = `{"name":${name},"type":"${schema.type}"`;
  if (schema.type === "fixed") return `${head},"size":${schema.size}}`;
  if (schema.type === "enum") return `${head},"symbols":[${schema.symbols.map((symbol) => `"${symbol}"`).join(",")}]}`;
  const parts = schema.fields.map(
    (field) => `{"name":"${field.name}","type":${parsingCanonicalForm(field.type, seen)}}`,
  );
  return `${head},"fields":[${parts.join(",")}]}`;
}

/** SHA-256 of the Parsing Canonical Form, in hex. */
export function fingerprint(schema: Schema): string {
  return createHash("sha256").update(parsingCanonicalForm(schema)).digest("hex");
}
