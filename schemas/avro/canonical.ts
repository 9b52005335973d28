import { createHash } from "node:crypto";
import type { Json } from "./json.ts";
import { isNamed, type Name, type NamedType, PRIMITIVES, type Props, type Schema } from "./model.ts";

const TYPE_WORDS = new Set([...PRIMITIVES, "record", "enum", "array", "map", "union", "fixed"]);

type Writer = { known: Set<string>; sorted: boolean };
type Out = Record<string, unknown>;

/**
 * The registry's identity of a schema: its parsed form written again, as Confluent's registry does with Java's `Schema.toString`.
 * Layout and the order of attributes go, documentation, aliases, defaults and custom attributes stay.
 * @param known full names written as names alone, because a reference brings their definition
 */
export function canonicalString(schema: Schema, known: Iterable<string> = []): string {
  return JSON.stringify(write(schema, "", { known: new Set(known), sorted: false }));
}

/** Like `canonicalString`, but custom attributes come in alphabetical order: what `normalize=true` compares. */
export function normalizedString(schema: Schema, known: Iterable<string> = []): string {
  return JSON.stringify(write(schema, "", { known: new Set(known), sorted: true }));
}

function write(schema: Schema, namespace: string, to: Writer): unknown {
  if (schema.type === "union") return schema.branches.map((branch) => write(branch, namespace, to));
  const props = propsOf(schema.props, to);
  if (schema.type === "array") return { type: "array", items: write(schema.items, namespace, to), ...props };
  if (schema.type === "map") return { type: "map", values: write(schema.values, namespace, to), ...props };
  if (!isNamed(schema)) return schema.props.size === 0 ? schema.type : { type: schema.type, ...props };
  if (to.known.has(schema.name.full)) return nameIn(schema.name, namespace);
  to.known.add(schema.name.full);
  return named(schema, namespace, to, props);
}

function named(schema: NamedType, namespace: string, to: Writer, props: Out): Out {
  const { name, doc, aliases } = schema;
  return {
    type: schema.type === "record" && schema.error ? "error" : schema.type,
    name: name.name,
    ...(name.namespace === namespace ? {} : { namespace: name.namespace }),
    ...(doc === undefined ? {} : { doc }),
    ...(schema.type === "record" ? { fields: fields(schema, to) } : {}),
    ...(schema.type === "enum" ? { symbols: schema.symbols } : {}),
    ...(schema.type === "enum" && schema.default !== undefined ? { default: schema.default } : {}),
    ...(schema.type === "fixed" ? { size: schema.size } : {}),
    ...props,
    ...(aliases.length === 0 ? {} : { aliases: aliases.map((alias) => nameIn(alias, name.namespace)) }),
  };
}

function fields(schema: NamedType & { type: "record" }, to: Writer): Out[] {
  return schema.fields.map((field) => ({
    name: field.name,
    type: write(field.type, schema.name.namespace, to),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.order === "ascending" ? {} : { order: field.order }),
    ...(field.aliases.length === 0 ? {} : { aliases: field.aliases }),
    ...propsOf(field.props, to),
  }));
}

/** The short name where the namespace around it gives the rest, unless the short name is itself the word for a type. */
function nameIn(name: Name, namespace: string): string {
  return name.namespace !== "" && name.namespace === namespace && !TYPE_WORDS.has(name.name) ? name.name : name.full;
}

function propsOf(props: Props, to: Writer): Record<string, Json> {
  const entries = [...props];
  if (to.sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** The specification's Parsing Canonical Form: only what decoding needs, so that schemas that decode alike are one text. */
export function parsingForm(schema: Schema, seen = new Set<string>()): string {
  switch (schema.type) {
    case "union":
      return `[${schema.branches.map((branch) => parsingForm(branch, seen)).join(",")}]`;
    case "array":
      return `{"type":"array","items":${parsingForm(schema.items, seen)}}`;
    case "map":
      return `{"type":"map","values":${parsingForm(schema.values, seen)}}`;
    case "record":
    case "enum":
    case "fixed":
      return namedForm(schema, seen);
    default:
      return `"${schema.type}"`;
  }
}

function namedForm(schema: NamedType, seen: Set<string>): string {
  const name = `"${schema.name.full}"`;
  if (seen.has(schema.name.full)) return name;
  seen.add(schema.name.full);
  const head = `{"name":${name},"type":"${schema.type}"`;
  if (schema.type === "fixed") return `${head},"size":${schema.size}}`;
  if (schema.type === "enum") return `${head},"symbols":[${schema.symbols.map((symbol) => `"${symbol}"`).join(",")}]}`;
  const parts = schema.fields.map((field) => `{"name":"${field.name}","type":${parsingForm(field.type, seen)}}`);
  return `${head},"fields":[${parts.join(",")}]}`;
}

/** SHA-256 of the Parsing Canonical Form, in hex. */
export function fingerprint(schema: Schema): string {
  return createHash("sha256").update(parsingForm(schema)).digest("hex");
}
