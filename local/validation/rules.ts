import type { TSchema, TSchemaOptions } from "typebox";
import { Type } from "./typebox.ts";

/**
 * What one value must be: a TypeBox schema that also carries the end of its error sentence, and
 * what the pages and the JSON Schemas say of it.
 */
export interface RuleOptions extends TSchemaOptions {
  /** Completes "but must be …". */
  expected?: string;
  /** One phrase for the pages and for editors. */
  description?: string;
  default?: unknown;
  /** The default of the profile `production`, where it differs. */
  production?: unknown;
  /** Whether the value must be set with `--secret`. */
  secret?: boolean;
  /** Whether `pulumi config set --secret` may encrypt the value within its key. */
  encryptable?: boolean;
  /** What holds where the value is left out and no `default` can say it. */
  absent?: string;
}

const quoted = (values: readonly unknown[]) => values.map((value) => `'${value}'`).join(" or ");

export const wholeNumber = (minimum: number, maximum: number, options: RuleOptions = {}) =>
  Type.Integer({ minimum, maximum, expected: `a whole number from ${minimum} to ${maximum}`, ...options });

export const oneOf = <const Values extends string[]>(values: readonly [...Values], options: RuleOptions = {}) =>
  Type.Enum(values, { expected: quoted(values), ...options });

export const flag = (options: RuleOptions = {}) => Type.Boolean({ expected: "true or false", ...options });

/** Any text but an empty one. */
export const text = (expected: string, options: RuleOptions = {}) =>
  Type.String({ minLength: 1, expected, ...options });

export const matching = (pattern: RegExp, expected: string, options: RuleOptions = {}) =>
  Type.String({ pattern: pattern.source, expected, ...options });

/** A list that may only hold these. */
export const listOf = <const Values extends string[]>(values: readonly [...Values], options: RuleOptions = {}) =>
  Type.Array(Type.Enum(values), { expected: `a list of ${values.join(", ")}`, ...options });

/** Fields by their names; any other field is a mistake. */
export const object = <Fields extends Record<string, TSchema>>(fields: Fields, options: RuleOptions = {}) =>
  Type.Object(fields, { additionalProperties: false, ...options });

/** Values by names that are not known beforehand. */
export const byName = <Value extends TSchema>(value: Value, options: RuleOptions = {}) =>
  Type.Record(Type.String(), value, { expected: "an object", ...options });

export const { Optional: optional } = Type;

/** As Kubernetes writes amounts. */
export const byteQuantity = (options: RuleOptions = {}) =>
  matching(/^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/, "an amount such as '512Mi' or '20Gi'", options);

export const hostName = (options: RuleOptions = {}) => matching(/^[^\s/@:]+$/, "a host name or address", options);

export const tcpPort = (options: RuleOptions = {}) => wholeNumber(1, 65_535, options);

export const httpUrl = (options: RuleOptions = {}) =>
  Type.Refine(matching(/^https?:\/\//, "a URL that begins with http:// or https://", options), (value) =>
    URL.canParse(value),
  );
