import type { Schema } from "./model.ts";
import { checkReaderWriter, type Incompatibility } from "./reader-writer.ts";

export const COMPATIBILITY_LEVELS = [
  "NONE",
  "BACKWARD",
  "BACKWARD_TRANSITIVE",
  "FORWARD",
  "FORWARD_TRANSITIVE",
  "FULL",
  "FULL_TRANSITIVE",
] as const;
export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number];

export interface CompatibilityResult {
  compatible: boolean;
  /** One sentence for each incompatibility; empty when compatible. */
  messages: string[];
  incompatibilities: (Incompatibility & {
    /** The schema that cannot read the other's data. */
    reader: "new" | "old";
    /** Index into `earlier`. */
    against: number;
  })[];
}

/**
 * Judges a new version of a schema against the earlier ones.
 *
 * BACKWARD: the new schema reads data of the old; FORWARD: the old reads data of the new; FULL:
 * both. Without _TRANSITIVE only the latest earlier version counts.
 *
 * @param earlier oldest first
 * @param label names the earlier version in messages. @default its position, from 1
 */
export function checkCompatibility(
  level: CompatibilityLevel,
  candidate: Schema,
  earlier: readonly Schema[],
  label: (index: number) => string = (index) => `version ${index + 1}`,
): CompatibilityResult {
  const incompatibilities: CompatibilityResult["incompatibilities"] = [];
  const messages: string[] = [];
  const from = level.endsWith("_TRANSITIVE") ? 0 : Math.max(0, earlier.length - 1);
  const note = (reader: "new" | "old", index: number, faults: Incompatibility[]) => {
    for (const fault of faults) {
      incompatibilities.push({ ...fault, reader, against: index });
      const direction =
        reader === "new"
          ? `the new schema cannot read data of ${label(index)}`
          : `${label(index)} cannot read data of the new schema`;
      messages.push(`${fault.field}: ${fault.message} (${fault.type} at ${fault.path}; ${direction})`);
    }
  };
  // Newest first: the nearest version explains a change best.
  for (let index = earlier.length - 1; index >= from && level !== "NONE"; index--) {
    const old = earlier[index] as Schema;
    if (!level.startsWith("FORWARD")) note("new", index, checkReaderWriter(candidate, old));
    if (!level.startsWith("BACKWARD")) note("old", index, checkReaderWriter(old, candidate));
  }
  return { compatible: incompatibilities.length === 0, messages, incompatibilities };
}
