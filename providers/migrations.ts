import type { MigrationFile } from "@plinth/migrations/sql/migration-files.ts";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface MigrationsArgs {
  /** `postgresql://user:password@host:port/database`; kept secret. */
  databaseUrl: pulumi.Input<string>;
  /**
   * Where hosts like `citus-coordinator.dev-infra.svc` are. @default none: every host is reached
   * directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Whose migrations these are; services keep separate histories in one database. */
  service: string;
  /** Folder of the SQL files, relative to the root of the repository. */
  directory: string;
  /** What `listMigrations` found in that folder, so that a plan shows each new file. */
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
  /** Names of all files that the database has. */
  applied: string[];
  /**
   * Whether `plinth_distribute` distributes tables (Citus) or leaves them as they are (plain
   * PostgreSQL).
   */
  distributed: boolean;
}

/**
 * Ordered SQL files of one service, each applied once, in a transaction of its own. What they make
 * is made in a schema of the service's name, which is first in their search path. In them
 * `select plinth_distribute('bets')` distributes a table by `tenant_id`, beside its tenants, where
 * the Citus extension is, and does nothing elsewhere; on Citus the tenants table must be there
 * first. Nothing is undone when files leave or the resource is destroyed.
 *
 * @example
 * const directory = "services/wallet/migrations";
 * new Migrations("wallet-migrations", { databaseUrl, service: "wallet", directory, files: listMigrations(directory) }, { dependsOn: tenants });
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
