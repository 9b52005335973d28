import type { Attributes, AttributeValue } from "../../page/model/span.ts";
import { cutText } from "../lines/text.ts";
import type { OtlpAttributes, OtlpValue } from "./otlp-value.ts";

/** As OpenTelemetry's SDKs limit the attributes of a span. */
const MAX_ATTRIBUTES = 128;
const MAX_KEY_CHARS = 256;
const MAX_VALUE_CHARS = 8192;

/** Characters that attributes, events and links of one span may have together. */
export class SpanBudget {
  private chars = 262_144;

  /** @returns false if there is no room */
  take(chars: number): boolean {
    if (chars > this.chars) return false;
    this.chars -= chars;
    return true;
  }
}

/** Adds attributes within bounds. What is left out is counted in `cut.attributes`. */
export function addAttributes(into: Attributes, given: OtlpAttributes, budget: SpanBudget): void {
  let room = MAX_ATTRIBUTES;
  let cut = 0;
  for (const key in given) {
    const name = key.length > MAX_KEY_CHARS ? key.slice(0, MAX_KEY_CHARS) : key;
    const value = toAttributeValue(given[key]!);
    const size = name.length + (typeof value === "string" ? value.length : Array.isArray(value) ? sizeOf(value) : 8);
    if (value === undefined) continue;
    if (room === 0 || !budget.take(size)) {
      cut++;
      continue;
    }
    room--;
    into[name] = value;
  }
  if (cut > 0) into["cut.attributes"] = cut;
}

function toAttributeValue(value: OtlpValue): AttributeValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string") return value.length > MAX_VALUE_CHARS ? cutText(value, MAX_VALUE_CHARS) : value;
  // JSON has no such numbers.
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean") return value;
  if (Array.isArray(value) && value.every((item) => item !== null && typeof item !== "object")) {
    const items = value as (string | number | boolean)[];
    return sizeOf(items) > MAX_VALUE_CHARS ? cutText(JSON.stringify(items), MAX_VALUE_CHARS) : items;
  }
  return cutText(JSON.stringify(value), MAX_VALUE_CHARS);
}

function sizeOf(items: readonly (string | number | boolean)[]): number {
  return items.reduce<number>((sum, item) => sum + String(item).length + 3, 0);
}
