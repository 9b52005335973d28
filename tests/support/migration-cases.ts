import { type LintCase, type RejectedCase, table } from "./migration-lint.ts";

/** A tenant table in use: filled by services, with an index. */
export const accountsInUse = `${table("accounts", "n int, email varchar(40), price numeric(8, 2),")}create index newest on accounts (n);\n`;

/** Files that come after the one that created `accounts`. */
export const laterFile = (title: string, sql: string | string[], ...refusals: RejectedCase[]): LintCase => [
  title,
  [accountsInUse, ...[sql].flat()],
  ...refusals,
];

export const alterAccounts = (change: string) => `alter table accounts ${change};`;

const distributed = table("accounts", "at timestamptz, n int, number bigint default nextval('numbers'),");

/** Statements in the file that distributes `accounts`, so that no lock matters. */
export const sameFile = (sql: string): string =>
  `${distributed}alter table accounts no force row level security;\n${sql}\nalter table accounts force row level security;`;

/** Statements on a distributed table that Citus refuses. */
export const refusedByCitus = (what: string, sql: string, ...words: RegExp[]): LintCase => [
  what,
  sameFile(sql),
  ["0001.sql:3", "citus", ...words],
];

export const countries = "create table countries (code text primary key); select plinth_reference('countries');";

/** Distributes a table and lets each tenant see only its rows. */
export const distributeAndProtect = (name: string) =>
  `select plinth_distribute('${name}'); alter table ${name} enable row level security; alter table ${name} force row level security; ` +
  `create policy p on ${name} using (tenant_id = current_setting('app.tenant_id')::bigint);`;

export const unprotectedNotes =
  "create table notes (tenant_id bigint not null, id bigint, primary key (tenant_id, id));\nselect plinth_distribute('notes');\n";
