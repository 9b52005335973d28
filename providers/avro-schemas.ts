import type { CompatibilityLevel } from "@plinth/schemas/avro/compatibility.ts";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import type { Subject } from "./clients/registry/client.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface AvroSchemasArgs {
  /** `http://host:port`; pass a secret if it has a password. */
  registryUrl: pulumi.Input<string>;
  /**
   * Where hosts like `schema-registry.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /**
   * Level of each subject that names none, set before its schema is judged.
   * @default "BACKWARD_TRANSITIVE"
   */
  compatibility?: CompatibilityLevel;
  /** By name, so that a plan shows each subject that changes. */
  subjects: pulumi.Input<Record<string, Subject>>;
  /**
   * What happens to a subject that leaves the map, and to all when the resource is destroyed.
   * @default "retain"
   */
  onDelete?: "retain" | "soft-delete";
}

/** Resolved inputs: what the engine stores and compares. */
export interface AvroSchemasInputs {
  registryUrl: string;
  cluster?: ClusterAccess | undefined;
  compatibility: CompatibilityLevel;
  subjects: Record<string, Subject>;
  onDelete: "retain" | "soft-delete";
  providerVersion: number;
}

export interface AvroSchemasOutputs extends AvroSchemasInputs {
  /** Where each schema is in the registry. Messages carry the id. */
  registered: Record<string, { id: number; version: number }>;
}

/**
 * A set of subjects with their latest schemas. The registry judges all of them before it registers
 * one: a set with a refused schema registers nothing. A schema that it already has is not written
 * again.
 *
 * @example
 * new AvroSchemas("schemas", {
 *   registryUrl, subjects: { "V1_BETS-value": { schema: readFileSync(file, "utf8") } },
 * });
 */
export class AvroSchemas extends DynamicResource {
  /** Id and version by subject; known once all are registered. */
  declare readonly registered: pulumi.Output<Record<string, { id: number; version: number }>>;

  constructor(name: string, args: AvroSchemasArgs, opts?: pulumi.CustomResourceOptions) {
    const defaults = {
      compatibility: args.compatibility ?? "BACKWARD_TRANSITIVE",
      onDelete: args.onDelete ?? "retain",
      providerVersion: 1,
    };
    super("avro-schemas", "AvroSchemas", name, { registered: undefined, ...args, ...defaults }, opts);
  }
}
