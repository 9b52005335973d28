/**
 * The rules, by the names that `-- plinth:allow <rule>: <reason>` accepts them by. Nothing accepts
 * the first three.
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

/** One reason to refuse a statement. */
export interface Violation {
  rule: RuleName;
  /** The mistake, with the names of table and column. */
  reason: string;
  /** How to correct it. */
  remedy: string;
  /** Bytes from the file's beginning; absent for the statement's first word. */
  location?: number | undefined;
}

/** One reason to refuse a service's migrations. */
export interface Finding {
  /** The path that the caller gave. */
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
