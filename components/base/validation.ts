/**
 * What a field of a written-down object (a descriptor, a structured configuration value) must be.
 */
export type Rule = [valid: (value: unknown) => boolean, expected: string];

export const isNonEmptyString = (value: unknown) => typeof value === "string" && value !== "";
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isListOf = (value: unknown, allowed: readonly string[]) =>
  Array.isArray(value) && value.every((item) => allowed.includes(item as string));

/** A rule that is satisfied by nothing at all, too. */
export function optional([valid, expected]: Rule): Rule {
  return [(value) => value === undefined || valid(value), expected];
}

export function wholeNumber(least: number, most: number): Rule {
  return [
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `a whole number from ${least} to ${most}`,
  ];
}

export function oneOf(...values: string[]): Rule {
  return [(value) => values.includes(value as string), values.map((value) => `'${value}'`).join(" or ")];
}

/** A list that may only hold these. */
export function listOf(...values: string[]): Rule {
  return [(value) => isListOf(value, values), `a list of ${values.join(", ")}`];
}

/** As Kubernetes writes amounts: "512Mi", "20Gi". */
export const byteQuantity: Rule = [
  (value) => typeof value === "string" && /^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/.test(value),
  "an amount such as '512Mi' or '20Gi'",
];
/** Throws one sentence that names the place, the field, its value and what it must be. */
export function checkFields(
  where: string,
  value: Record<string, unknown>,
  rules: Record<string, Rule>,
  whole: string,
): void {
  // First: a misspelt field is one that is missing, too, and only its name tells which it was.
  const unknown = Object.keys(value).find((field) => !(field in rules));
  if (unknown !== undefined)
    throw new Error(
      `${where}: '${unknown}' is not a field of ${whole}; the fields are ${Object.keys(rules).join(", ")}`,
    );
  for (const [field, [valid, expected]] of Object.entries(rules)) {
    if (!valid(value[field]))
      throw new Error(`${where}: '${field}' is ${JSON.stringify(value[field]) ?? "missing"}, but must be ${expected}`);
  }
}
