import type { Violation } from "../finding.ts";
import type { StatementLocation } from "../tables/tables.ts";

/** A violation by a table as all files together leave it, with the statement that it comes from. */
export type TableViolation = Violation & { place: StatementLocation };

/** A violation whose rule the caller knows. */
export type ViolationText = Pick<Violation, "reason" | "remedy" | "location">;

/** Something that Citus refuses or leaves on its coordinator. */
export const citusViolation = (reason: string, remedy: string, location?: number): Violation => ({
  rule: "citus",
  reason,
  remedy,
  location,
});
