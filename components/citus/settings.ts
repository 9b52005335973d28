import { UserError } from "@plinth/local/user-error.ts";
import type * as pulumi from "@pulumi/pulumi";
import { offsetPort, type Runtime } from "../base/runtime.ts";
import { type ContainerResources, sizes } from "../base/sizes.ts";

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
  if (!Number.isInteger(settings.workers) || settings.workers < 1)
    throw new UserError(`CitusCluster: workers is ${settings.workers}, but at least 1 is needed to hold the shards`);
  return settings;
}
