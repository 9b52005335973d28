import type { Static, TObject, TOptional, TProperties, TSchema } from "typebox";
import { Type } from "./typebox.ts";

interface Defaults {
  default: unknown;
  /** In the profile `production`, where it differs. */
  production?: unknown;
}

interface HasDefault {
  default: unknown;
  "~default": true;
}

/** A field that may be left out, and what it is then. */
export const defaulted = <Rule extends TSchema>(rule: Rule, defaults: Defaults) =>
  Object.assign(Type.Optional(rule), defaults) as unknown as TOptional<Rule> & HasDefault;

/** The rule's type, in which each field with a default is there. */
export type Filled<Rule extends TSchema> =
  Rule extends TObject<infer Fields extends TProperties>
    ? { [Name in keyof Fields as Fields[Name] extends HasDefault ? Name : never]: Filled<Fields[Name]> } & {
        [Name in RequiredName<Fields>]: Filled<Fields[Name]>;
      } & { [Name in OptionalName<Fields>]?: Filled<Fields[Name]> }
    : Static<Rule>;

type RequiredName<Fields extends TProperties> = {
  [Name in keyof Fields]: Fields[Name] extends TOptional<TSchema> ? never : Name;
}[keyof Fields];
type OptionalName<Fields extends TProperties> = {
  [Name in keyof Fields]: Fields[Name] extends HasDefault
    ? never
    : Fields[Name] extends TOptional<TSchema>
      ? Name
      : never;
}[keyof Fields];

interface Node extends Partial<Defaults> {
  properties?: Record<string, Node>;
}

/** A valid value with its defaults, those of nested objects too. */
export function withDefaults<Rule extends TSchema>(
  rule: Rule,
  value: unknown,
  profile: "development" | "production",
): Filled<Rule> {
  return fill(rule as Node, value, profile) as Filled<Rule>;
}

function fill(rule: Node, given: unknown, profile: "development" | "production"): unknown {
  const value = given ?? (profile === "production" && "production" in rule ? rule.production : rule.default);
  if (rule.properties === undefined || typeof value !== "object" || value === null) return value;
  const fields = Object.entries(rule.properties).map(([name, field]) => [
    name,
    fill(field, (value as Record<string, unknown>)[name], profile),
  ]);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
}
