import { checkCompatibility } from "../avro/compatibility.ts";
import type { Schema } from "../avro/model.ts";
import type { Incompatibility } from "../avro/reader-writer.ts";
import { COMPATIBILITY_LEVEL } from "../catalog.ts";
import type { SchemaViolation } from "./finding.ts";
import { pathInsideRecord } from "./schema-parser.ts";

/** One recorded version, parsed. */
export interface ParsedVersion {
  version: number;
  schema: Schema;
}

const REMEDIES: Record<Incompatibility["type"], string> = {
  READER_FIELD_MISSING_DEFAULT_VALUE: 'give it a default, such as the type ["null", …] with the default null',
  MISSING_ENUM_SYMBOLS: "put them back: a symbol that was published stays",
  TYPE_MISMATCH: "keep the published type, and add a field of another name",
  MISSING_UNION_BRANCH: "put the branch back: a branch that was published stays",
  NAME_MISMATCH: "keep the name that was published, or add it to the type's aliases",
  FIXED_SIZE_MISMATCH: "keep the published size, and add a field of another name",
  AMBIGUOUS_FIELD: "take away the alias that names another field",
};

/**
 * Violations that keep a reader from the events of any earlier version: one for each place, naming
 * the versions.
 */
export function checkChange(candidate: Schema, recorded: readonly ParsedVersion[]): SchemaViolation[] {
  const earlier = recorded.map(({ schema }) => schema);
  const places = new Map<string, { fault: Incompatibility; versions: number[] }>();
  for (const fault of checkCompatibility(COMPATIBILITY_LEVEL, candidate, earlier).incompatibilities) {
    const key = `${fault.field} ${fault.message}`;
    const place = places.get(key) ?? { fault, versions: [] };
    place.versions.push(recorded[fault.against]?.version ?? 0);
    places.set(key, place);
  }
  return [...places.values()].map(({ fault, versions }) => ({
    rule: "compatibility",
    field: pathInsideRecord(fault.field),
    reason: `not ${COMPATIBILITY_LEVEL}: ${fault.message} (against ${formatVersions(versions)})`,
    remedy: REMEDIES[fault.type],
  }));
}

function formatVersions(versions: number[]): string {
  const sorted = versions.toSorted((one, other) => one - other);
  return `version${sorted.length > 1 ? "s" : ""} ${sorted.join(", ")}`;
}
