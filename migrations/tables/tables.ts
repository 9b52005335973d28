import type { Node, RangeVar } from "libpg-query";
import type { SourceFile, Statement } from "../sql/source-file.ts";
import { tableName } from "../sql/syntax-tree.ts";

/** The column that a tenant's rows are told by, and the table that it refers to. */
export const TENANT_COLUMN = "tenant_id";
export const TENANTS_TABLE = "tenants";

/** The statement that something comes from, and the place within it. */
export interface StatementLocation {
  statement: Statement;
  location?: number | undefined;
}

export interface Column {
  /** PostgreSQL's own name: `int8` for bigint. */
  type: string;
  modifiers: number[];
  /** Its default is a sequence's next number, or it is generated. */
  generated: boolean;
}

/** What keeps rows apart. `columns`: by equality; an expression of an index is none. */
export interface UniqueKey {
  name: string;
  kind: "primary key" | "unique constraint" | "unique index" | "exclusion constraint";
  columns: string[];
  place: StatementLocation;
}

export interface ForeignKey {
  name: string;
  columns: string[];
  target: string;
  /** Empty: the target's primary key. */
  targetColumns: string[];
  /**
   * PostgreSQL's letters: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default.
   */
  onDelete: string;
  onUpdate: string;
  place: StatementLocation;
}

export interface CheckConstraint {
  name: string;
  /** The column that it proves to be not null, if that is all it says. */
  notNull: string | undefined;
  validated: boolean;
  place: StatementLocation;
}

export interface Policy {
  permissive: boolean;
  /** `using` and `with check`. */
  expressions: Node[];
  place: StatementLocation;
}

/** What the files before some statement made of a table. */
export interface Table {
  name: string;
  columns: Map<string, Column>;
  keys: UniqueKey[];
  foreignKeys: ForeignKey[];
  checks: CheckConstraint[];
  policies: Map<string, Policy>;
  rowSecurity: { enabled: boolean; forced: boolean; place: StatementLocation };
  /**
   * `tenant`: sharded by tenant; `reference`: whole on every node; `local`: on the coordinator, by
   * declaration; `none`: not said yet.
   */
  distribution: "tenant" | "reference" | "local" | "none";
  partitionOf: string | undefined;
  created: StatementLocation;
}

/** The tables of a service, folded over the statements of its files in their order. */
export class Tables {
  readonly byName = new Map<string, Table>();
  /** Table and columns of each index by its name, for `using index` and `drop index`. */
  readonly indexes = new Map<string, { table: string; columns: string[]; unique: boolean; source: SourceFile }>();

  findByRange(range: RangeVar | undefined): Table | undefined {
    return range === undefined ? undefined : this.byName.get(tableName(range));
  }

  /**
   * Whether rows of running services can be in it: not one that `source` itself made. One that is
   * not known is another's, or the platform's.
   */
  isInUse(range: RangeVar | undefined, source: SourceFile): boolean {
    const table = this.findByRange(range);
    return table === undefined || table.created.statement.source !== source;
  }

  /** Whether it is sharded already: then Citus's rules hold for a change of it. */
  isSharded(name: string): boolean {
    return name === TENANTS_TABLE || this.distributionOf(name) === "tenant";
  }

  /** A partition is where its parent is. */
  distributionOf(name: string): Table["distribution"] {
    let table = this.byName.get(name);
    // Bounded, because SQL that PostgreSQL would refuse may name a circle.
    for (let level = 0; table?.partitionOf !== undefined && level < this.byName.size; level++)
      table = this.byName.get(table.partitionOf);
    return table?.distribution ?? "none";
  }

  /** Whether its rows are tenants' rows: all but what is declared otherwise. */
  isTenantTable({ name }: Table): boolean {
    return ["tenant", "none"].includes(this.distributionOf(name));
  }
}
