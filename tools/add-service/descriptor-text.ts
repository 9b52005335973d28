import type { ServiceDescriptor } from "../../components/descriptor.ts";

const WIDTH = 140;

/** A descriptor as it stands in `plinth.json`: a field a line, as the formatter of this repository leaves it. */
export function descriptorText(descriptor: ServiceDescriptor): string {
  return `${written(descriptor, "")}\n`;
}

/** On one line where that fits, as a person would write it. */
function written(value: unknown, indent: string, lead = 0): string {
  const line = onOneLine(value);
  const isWhole = indent === "";
  if (typeof value !== "object" || value === null || (!isWhole && indent.length + lead + line.length < WIDTH)) return line;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => `${inner}${written(item, inner)}`)
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${written(item, inner, key.length + 5)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.join(",\n")}\n${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${onOneLine(item)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
