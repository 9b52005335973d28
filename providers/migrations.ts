import type { MigrationFile } from "@plinth/migrations/sql/migration-files.ts";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface MigrationsArgs {
  /** `postgresql://user:password@host:port/database`; kept secret. */
  databaseUrl: pulumi.Input<string>;
  /**
   * Where hosts like `citus-coordinator.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** The service of these migrations. Each has its own history in the database. */
  service: string;
  /** Folder of the SQL files, relative to the root of the repository. */
  directory: string;
  /** The files that `listMigrations` finds there, so that a plan shows each new one. */
  files: MigrationFile[];
}

/** Resolved inputs: what the engine stores and compares. */
export interface MigrationsInputs {
  databaseUrl: string;
  cluster?: ClusterAccess | undefined;
  service: string;
  directory: string;
  files: MigrationFile[];
  providerVersion: number;
}

export interface MigrationsOutputs extends MigrationsInputs {
  /** Names of all files that were applied to the database. */
  applied: string[];
  /**
   * True if `plinth_distribute` distributes tables (Citus), false if it does nothing (PostgreSQL).
   */
  distributed: boolean;
}

/**
 * Ordered SQL files of one service, each applied once, in its own transaction. They create their
 * tables in a schema named after the service, which is first in their search path. In them,
 * `select plinth_distribute('bets')` distributes a table by `tenant_id`, colocated with `tenants`,
 * if the database has the Citus extension, and does nothing otherwise. On Citus the table `tenants`
 * must exist first. Nothing is undone when files leave or the resource is destroyed.
 *
 * @example
 * const directory = "services/wallet/migrations";
 * new Migrations("wallet-migrations", { databaseUrl, service: "wallet", directory,
 *   files: listMigrations(directory) }, { dependsOn: tenants });
 */
export class Migrations extends DynamicResource {
  declare readonly applied: pulumi.Output<string[]>;
  declare readonly distributed: pulumi.Output<boolean>;

  constructor(name: string, args: MigrationsArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = { ...args, databaseUrl: pulumi.secret(args.databaseUrl), providerVersion: 1 };
    const outputs = { applied: undefined, distributed: undefined };
    super(
      "migrations",
      "Migrations",
      name,
      { ...outputs, ...inputs },
      pulumi.mergeOptions({ additionalSecretOutputs: ["databaseUrl"] }, opts),
    );
  }
}
