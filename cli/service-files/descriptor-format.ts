import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";

const LINE_WIDTH = 140;

/**
 * A descriptor as the text of `plinth.json`, a field a line, as this repository's formatter does.
 */
export function formatDescriptor(descriptor: ServiceDescriptor): string {
  return `${formatValue(descriptor, "")}\n`;
}

/** On one line where that fits. */
function formatValue(value: unknown, indent: string, lead = 0): string {
  const line = formatInline(value);
  const isWhole = indent === "";
  if (typeof value !== "object" || value === null || (!isWhole && indent.length + lead + line.length < LINE_WIDTH))
    return line;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => `${inner}${formatValue(item, inner)}`)
    : Object.entries(value).map(
        ([key, item]) => `${inner}${JSON.stringify(key)}: ${formatValue(item, inner, key.length + 5)}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.join(",\n")}\n${indent}${close}`;
}

function formatInline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatInline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatInline(item)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
