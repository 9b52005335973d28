import { createHash } from "node:crypto";
import { isNamed, type NamedType, type Schema } from "./model.ts";

/** Longer keys are hashed. */
const MAX_KEY_LENGTH = 100;

/**
 * A text that is equal for types which compare alike with every other: what `checkReaderWriter`
 * reads of them, without documentation, attributes and the values of defaults. Undefined for a type
 * that holds itself or `enclosing`, because its meaning lies outside of it.
 */
export function compatibilityKey(schema: Schema, enclosing: NamedType): string | undefined {
  const writer = new KeyWriter(enclosing);
  const key = writer.write(schema);
  if (writer.isRecursive) return undefined;
  return key.length > MAX_KEY_LENGTH ? createHash("sha256").update(key).digest("base64") : key;
}

class KeyWriter {
  isRecursive = false;
  readonly #open: Set<Schema>;
  readonly #written = new Set<Schema>();

  constructor(enclosing: NamedType) {
    this.#open = new Set([enclosing]);
  }

  write(schema: Schema): string {
    if (schema.type === "array") return `[${this.write(schema.items)}]`;
    if (schema.type === "map") return `{${this.write(schema.values)}}`;
    if (schema.type === "union") return `(${schema.branches.map((branch) => this.write(branch)).join()})`;
    if (!isNamed(schema)) return schema.type;
    if (this.#open.has(schema)) this.isRecursive = true;
    if (this.#open.has(schema) || this.#written.has(schema)) return `@${schema.name.full}`;
    this.#open.add(schema);
    const key = `${schema.type} ${schema.name.full}<${schema.aliases.map(({ full }) => full)}>${this.#content(schema)}`;
    this.#open.delete(schema);
    this.#written.add(schema);
    return key;
  }

  #content(schema: NamedType): string {
    if (schema.type === "fixed") return `${schema.size}`;
    if (schema.type === "enum") return `${schema.symbols}=${schema.default !== undefined}`;
    return `{${schema.fields.map(
      ({ name, aliases, default: value, type }) => `${name}<${aliases}>${value !== undefined}:${this.write(type)}`,
    )}}`;
  }
}
