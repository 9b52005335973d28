import * as Type from "typebox";
import { isExactNumber } from "./exact-number.ts";

/** What a variable must be. */
export interface VariableRule extends Type.TSchema {
  type?: string;
  /** Completes "PORT must be …". */
  expected?: string;
  /** Value of a missing variable. */
  default?: unknown;
  /** Whether a list may have empty items, which are dropped. */
  emptyItems?: boolean;
}

/** A text that does not parse stays a text: the rule then refuses it. */
export function parseText({ type, emptyItems }: VariableRule, text: string): unknown {
  if (type === "integer") return /^\d+$/.test(text) && isExactNumber(text) ? Number(text) : text;
  if (type === "number") return /^\d*\.?\d+$/.test(text) && isExactNumber(text) ? Number(text) : text;
  if (type !== "array") return text;
  const items = text.split(",").map((item) => item.trim());
  return emptyItems ? items.filter(Boolean) : items;
}

/**
 * TypeBox's own `Check` adds 64 kB to the program of a service and 5 ms to each start, for the few
 * keywords of these rules.
 *
 * @throws for a keyword that has no check here
 */
export function isValid(rule: Type.TSchema, value: unknown): boolean {
  const isMet = Object.entries(rule).every(([keyword, limit]) => meets(keyword, limit, value));
  return isMet && (!Type.IsRefine(rule) || rule["~refine"].every(({ check }) => check(value)));
}

function meets(keyword: string, limit: unknown, value: unknown): boolean {
  switch (keyword) {
    case "type":
      return hasType(limit as string, value);
    case "enum":
      return (limit as unknown[]).includes(value);
    case "minimum":
      return (value as number) >= (limit as number);
    case "maximum":
      return (value as number) <= (limit as number);
    case "pattern":
      return new RegExp(limit as string | RegExp).test(value as string);
    case "items":
      return (value as unknown[]).every((item) => isValid(limit as Type.TSchema, item));
    case "expected":
    case "default":
    case "emptyItems":
    case "description":
      return true;
    default:
      throw new Error(`A rule of the environment has the keyword '${keyword}', which has no check`);
  }
}

function hasType(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  return type === "array" ? Array.isArray(value) : typeof value === type;
}
