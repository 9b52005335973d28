/**
 * What a refusal is about; the name that `-- plinth:allow <rule>: <reason>` accepts it by, but for
 * the first three, which nothing accepts.
 */
export const RULES = [
  "syntax",
  "directive",
  "transaction",
  "tenant-column",
  "primary-key",
  "tenant-key",
  "foreign-key",
  "distribution",
  "row-security",
  "hidden-rows",
  "citus",
  "opaque",
  "no-transaction",
  "index-concurrently",
  "add-column",
  "add-constraint",
  "set-not-null",
  "rewrite",
  "lock",
  "expand-contract",
] as const;

export type RuleName = (typeof RULES)[number];

/** One reason to refuse a statement that the caller knows. */
export interface Violation {
  rule: RuleName;
  /** What is wrong, with the names of table and column. */
  reason: string;
  /** What to do. */
  remedy: string;
  /** Where in the file, in bytes from 0; absent for the statement's first word. */
  location?: number | undefined;
}

/** One reason to refuse a service's migrations. */
export interface Finding {
  /** As the caller named it. */
  file: string;
  /** From 1. */
  line: number;
  rule: RuleName;
  reason: string;
  remedy: string;
}

/** One line: `services/wallet/migrations/0002_bets.sql:4: unique index …; add … [tenant-key]`. */
export function formatFinding({ file, line, rule, reason, remedy }: Finding): string {
  return `${file}:${line}: ${reason}; ${remedy} [${rule}]`;
}
