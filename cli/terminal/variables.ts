import { UserError } from "@plinth/local/user-error.ts";
import { findMistakes } from "@plinth/local/validation/check.ts";
import { type Filled, withDefaults } from "@plinth/local/validation/defaults.ts";
import { matching, type RuleOptions } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import type { TObject, TProperties, TSchema } from "typebox";

/** A flag of make, such as `FORCE=1`. */
export const switchedOn = (options: RuleOptions = {}) => Type.Boolean({ expected: "0 or 1", ...options });

export const tenantNumber = () =>
  Type.Refine(
    matching(/^[1-9]\d*$/, `a tenant's number from 1 to ${Number.MAX_SAFE_INTEGER}, as in TENANT=10001`),
    (digits) => Number.isSafeInteger(Number(digits)),
  );

/**
 * Reads variables of make by their rules and defaults. An empty variable counts as absent.
 *
 * @throws {@link UserError} for the first variable that its rule refuses
 */
export function readVariables<Fields extends TProperties>(
  rule: TObject<Fields>,
  texts: Record<string, string | undefined>,
): Filled<TObject<Fields>> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<TSchema>(rule.properties)) {
    const text = texts[name];
    if (text === undefined || text === "") continue;
    values[name] = parseText((field as { type?: string }).type, text);
    const [mistake] = findMistakes(field, values[name], { where: name });
    if (mistake !== undefined) throw new UserError(mistake);
  }
  return withDefaults(rule, values, "development");
}

/** A text that does not parse stays a text: the rule then refuses it. */
function parseText(type: string | undefined, text: string): unknown {
  if (type === "integer") return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (type === "boolean") return text === "1" || (text === "0" ? false : text);
  return type === "array" ? text.split(/[\s,]+/).filter(Boolean) : text;
}
