import { collectNamedTypes, type Schema } from "../avro/model.ts";
import type { SchemaFinding } from "./finding.ts";

/** Names that the generated index and the generated types use themselves. */
const RESERVED = new Set(["Events", "EventOf", "Uint8Array"]);

/** `BetEvent` for `bet_event`; `_1` stays, because no type of TypeScript begins with a digit. */
export function typeScriptName(name: string): string {
  const pascal = name.replace(/(?:^|_)([a-zA-Z0-9])/g, (_, first: string) => first.toUpperCase());
  return /^\d/.test(pascal) ? `_${pascal}` : pascal;
}

/**
 * Types that would have one name in the generated TypeScript, in one file or in two: the index
 * exports them all, and two topics that shared a type could not change apart from each other.
 */
export function checkTypeNames(files: readonly { path: string; schema: Schema }[]): SchemaFinding[] {
  const owners = new Map<string, { path: string; full: string }>();
  return files.flatMap(({ path, schema }) =>
    [...collectNamedTypes(schema)].flatMap(([full, { type, name }]) => {
      // A fixed is Uint8Array.
      if (type === "fixed") return [];
      const short = typeScriptName(name.name);
      const owner = owners.get(short);
      if (owner === undefined && !RESERVED.has(short)) {
        owners.set(short, { path, full });
        return [];
      }
      const other =
        owner === undefined ? "is a name of the generated code" : `is ${owner.full} of ${owner.path} already`;
      return [
        {
          rule: "type-name" as const,
          file: path,
          field: "",
          reason: `the type ${full} would be ${short} in TypeScript, which ${other}`,
          remedy: "rename it",
        },
      ];
    }),
  );
}
