import { AvroError, type Name, PRIMITIVES } from "./model.ts";

const SIMPLE_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The specification's rule for the name of a field, a symbol or one part of a full name. */
export function isSimpleName(text: string): boolean {
  return SIMPLE_NAME_PATTERN.test(text);
}

/**
 * Parses a declared name. A name with a dot is a full name and ignores the enclosing namespace; a
 * leading dot means no namespace. Source: Avro specification, "Names".
 */
export function parseDeclaredName(text: string, namespace: string, path: string): Name {
  const dot = text.lastIndexOf(".");
  const name = text.slice(dot + 1);
  const space = dot < 0 ? namespace : text.slice(0, dot);
  if (!isSimpleName(name))
    throw new AvroError(
      path,
      "name",
      `the name ${quote(text)} must be letters, digits and _, not beginning with a digit`,
    );
  if (space !== "" && !space.split(".").every(isSimpleName)) {
    throw new AvroError(path, "name", `the namespace ${quote(space)} must be names joined by dots`);
  }
  const full = space === "" ? name : `${space}.${name}`;
  if (PRIMITIVES.has(full))
    throw new AvroError(path, "name", `a type may not be named ${quote(full)}, which is a primitive type`);
  return { name, namespace: space, full };
}

export function quote(text: string): string {
  return JSON.stringify(text);
}
