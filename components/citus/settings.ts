import { parse } from "@plinth/local/validation/check.ts";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { byteQuantity, flag, object, optional, wholeNumber } from "@plinth/local/validation/rules.ts";
import type * as pulumi from "@pulumi/pulumi";
import type { ContainerResources } from "../base/resources.ts";
import { offsetPort, type Runtime } from "../base/runtime.ts";
import { sized, sizes } from "../base/sizes.ts";
import { externalDatabaseRule } from "./external.ts";

/** The configuration key `citus`. */
export const citusRule = object({
  workers: defaulted(
    wholeNumber(1, 999),
    sized(({ citus }) => citus.workers),
  ),
  storage: defaulted(
    byteQuantity({ description: "of each node" }),
    sized(({ citus }) => citus.storage),
  ),
  exporter: defaulted(flag(), { default: true }),
  external: optional(externalDatabaseRule),
});

/** How a cluster is laid out; everything has a default. */
export interface CitusOptions {
  /** Role that services connect as; not a superuser. @default "app" */
  user?: string;
  /** Database that the role owns. @default "app" */
  database?: string;
  /** TCP port of every node. @default 5432, moved by the stack's port offset */
  port?: number;
  /**
   * Nodes that hold the shards, at least 1; Kubernetes only. Lowering the number drains the removed
   * workers first. @default 1
   */
  workers?: number;
  /** Size of each node's volume, as in "100Gi"; Kubernetes only. @default "2Gi" */
  storage?: string;
  /** Of each node; Kubernetes only. */
  resources?: ContainerResources;
  /** Whether each node has a metrics exporter as a sidecar; Kubernetes only. @default true */
  exporter?: boolean;
}

export type CitusSettings = Required<CitusOptions> & {
  /** Label that all nodes share: coordinator and workers. */
  group: string;
};

/** What placing tenants needs. */
export interface CitusAdminAccess {
  /**
   * The platform's database as a superuser, whom row-level security does not restrict: placing a
   * tenant copies its shard. Resolves when the cluster is formed.
   */
  adminUrl: pulumi.Input<string>;
  /** Hosts of the workers, in the order of their numbers. */
  workers: pulumi.Input<pulumi.Input<string>[]>;
}

/** Fills in defaults and checks bounds; free of resources, so that a table of cases can test it. */
export function resolveCitusSettings(name: string, args: CitusOptions & { runtime: Runtime }): CitusSettings {
  const settings = {
    group: name,
    user: args.user ?? "app",
    database: args.database ?? "app",
    port: args.port ?? offsetPort(args.runtime, 5432),
    workers: args.workers ?? 1,
    storage: args.storage ?? "2Gi",
    resources: args.resources ?? sizes.development.citus.resources,
    exporter: args.exporter ?? true,
  };
  parse(citusRule.properties.workers, settings.workers, { where: "CitusCluster: 'workers'" });
  return settings;
}
