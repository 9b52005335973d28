import type { Node, RangeVar } from "libpg-query";
import type { SourceFile, Statement } from "../sql/source-file.ts";
import { tableName } from "../sql/syntax-tree.ts";

/** The column that says whose a row is, and the table that it refers to. */
export const TENANT_COLUMN = "tenant_id";
export const TENANTS_TABLE = "tenants";

/** Where a table, key, constraint or policy comes from. */
export interface StatementLocation {
  statement: Statement;
  /** Bytes from the file's beginning; absent for the statement's first word. */
  location?: number | undefined;
}

export interface Column {
  /** PostgreSQL's internal name: `int8` for bigint. */
  type: string;
  modifiers: number[];
  /** Whether its default is a sequence's next number, or it is generated. */
  generated: boolean;
}

/** A constraint or index that keeps rows unique. */
export interface UniqueKey {
  name: string;
  kind: "primary key" | "unique constraint" | "unique index" | "exclusion constraint";
  /** Compared by equality; an index's expressions are left out. */
  columns: string[];
  place: StatementLocation;
}

export interface ForeignKey {
  name: string;
  columns: string[];
  target: string;
  /** Empty: the target's primary key. */
  targetColumns: string[];
  /** `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default. */
  onDelete: string;
  onUpdate: string;
  place: StatementLocation;
}

export interface CheckConstraint {
  name: string;
  /** The column that a check of the form `column is not null` proves. */
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

/** A table as the statements read so far leave it. */
export interface Table {
  name: string;
  columns: Map<string, Column>;
  keys: UniqueKey[];
  foreignKeys: ForeignKey[];
  checks: CheckConstraint[];
  policies: Map<string, Policy>;
  rowSecurity: { enabled: boolean; forced: boolean; place: StatementLocation };
  /**
   * `tenant`: sharded by tenant; `reference`: a copy on every node; `local`: declared to stay on
   * the coordinator; `none`: not distributed yet.
   */
  distribution: "tenant" | "reference" | "local" | "none";
  partitionOf: string | undefined;
  created: StatementLocation;
}

/** The tables of a service after the statements read so far. */
export class Tables {
  readonly byName = new Map<string, Table>();
  /** Table and columns of each index by its name, for `using index` and `drop index`. */
  readonly indexes = new Map<string, { table: string; columns: string[]; unique: boolean; source: SourceFile }>();

  findByRange(range: RangeVar | undefined): Table | undefined {
    return range === undefined ? undefined : this.byName.get(tableName(range));
  }

  /**
   * Whether the table can hold rows of running services: any but one that `source` itself creates.
   * An unknown table belongs to another service or to the platform.
   */
  isInUse(range: RangeVar | undefined, source: SourceFile): boolean {
    const table = this.findByRange(range);
    return table === undefined || table.created.statement.source !== source;
  }

  /** Whether the table is sharded by now, so that Citus's rules hold for its changes. */
  isSharded(name: string): boolean {
    return name === TENANTS_TABLE || this.distributionOf(name) === "tenant";
  }

  /** A partition is distributed as its parent is. */
  distributionOf(name: string): Table["distribution"] {
    let table = this.byName.get(name);
    // Bounded, because SQL that PostgreSQL would refuse may name a cycle.
    for (let level = 0; table?.partitionOf !== undefined && level < this.byName.size; level++)
      table = this.byName.get(table.partitionOf);
    return table?.distribution ?? "none";
  }

  /** Whether it holds tenants' rows, which every table does that is not declared otherwise. */
  isTenantTable({ name }: Table): boolean {
    return ["tenant", "none"].includes(this.distributionOf(name));
  }
}
