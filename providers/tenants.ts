import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface TenantRowsArgs {
  /** `postgresql://user:password@host:port/database`; kept secret. */
  databaseUrl: pulumi.Input<string>;
  /**
   * Where hosts like `citus-coordinator.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Name of this batch of ids, from `splitIntoBatches`. */
  batch: string;
  /** Canonical ids, as in "10001,20000-29999". */
  tenants: string;
  /**
   * The canonical ids of all batches, on one of them: it locks out every tenant that has a row and
   * is not among them. @default none is locked out
   */
  declared?: string | undefined;
}

/** Resolved inputs: what the engine stores and compares. */
export interface TenantRowsInputs {
  databaseUrl: string;
  cluster?: ClusterAccess | undefined;
  batch: string;
  tenants: string;
  declared?: string | undefined;
  providerVersion: number;
}

export interface TenantRowsOutputs extends TenantRowsInputs {
  /** How many tenants of this batch are in the table. */
  rows: number;
  /** True if the table is distributed over Citus workers, false on plain PostgreSQL. */
  distributed: boolean;
  /** What happens to rows whose tenant leaves the configuration. */
  onRemoval: "rows are kept";
}

const FORMER_TYPE = "pulumi-nodejs:dynamic/plinth:Tenants";

/**
 * Rows of `tenants(id bigint primary key, created_at timestamptz)`. A batch of any size is one
 * statement and one resource. Rows are never deleted: a tenant that leaves the configuration keeps
 * its row and its data, and so do all tenants of a destroyed stack. Services refuse its requests:
 * it is in `locked_tenants(id, locked_at)` until it is declared again.
 *
 * @example
 * for (const [batch, tenants] of Object.entries(splitIntoBatches(parseTenantIds([10001,
 *   "20000-29999"])))) {
 *   new TenantRows(`tenants-${batch}`, { databaseUrl, batch, tenants });
 * }
 */
export class TenantRows extends DynamicResource {
  declare readonly rows: pulumi.Output<number>;
  declare readonly distributed: pulumi.Output<boolean>;

  constructor(name: string, args: TenantRowsArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = { ...args, databaseUrl: pulumi.secret(args.databaseUrl), providerVersion: 1 };
    const outputs = { rows: undefined, distributed: undefined, onRemoval: undefined };
    // Stacks of before the rename keep their rows: the alias finds them under the former type.
    const options = { additionalSecretOutputs: ["databaseUrl"], aliases: [{ type: FORMER_TYPE }] };
    super("tenants", "TenantRows", name, { ...outputs, ...inputs }, pulumi.mergeOptions(options, opts));
  }
}
