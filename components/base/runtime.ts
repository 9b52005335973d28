import type { ClusterAccess } from "@plinth/providers/clients/kubernetes/access.ts";
import type { Supervisor } from "@plinth/providers/supervisor.ts";
import type * as pulumi from "@pulumi/pulumi";
import type { Peer } from "../kubernetes/network.ts";

/**
 * Where a stack runs. Configuration decides it once; each component branches on it once, through
 * {@link onRuntime}.
 */
export type Runtime = ProcessRuntime | KubernetesRuntime;

/** Every part of the platform is a process on this machine, run by one supervisor. */
export interface ProcessRuntime {
  kind: "process";
  /** Name of the stack; separates the processes of stacks from each other. */
  stack: string;
  /** Absolute folder for data, logs and the supervisor's state. */
  directory: string;
  /** Added to every default port, so that two clones run side by side. */
  portOffset: number;
  /** Names under which its HTTP servers answer besides the loopback's. @default none */
  allowedHosts?: readonly string[];
  /** Runs the processes: starts before the first and stops after the last of them. */
  supervisor?: Supervisor;
}

/** Every part of the platform is a workload in one namespace of a cluster. */
export interface KubernetesRuntime {
  kind: "kubernetes";
  /** Sizes, and how much is locked down. */
  profile: Profile;
  /** Resolves when the namespace exists. */
  namespace: pulumi.Output<string>;
  /** Applies the manifests; every component hands it to its children. */
  provider: pulumi.ProviderResource;
  /** How dynamic providers reach workloads in the cluster. */
  cluster: pulumi.Output<ClusterAccess>;
  /** Pods that read the metrics of every workload. */
  scrapers: readonly Peer[];
}

/**
 * `development`: one person's cluster with default passwords. `production`: several replicas,
 * generated passwords, and data that the engine may not delete.
 */
export type Profile = "development" | "production";

/**
 * Picks the branch of `runtime`. All branches return the same type, so callers cannot tell them
 * apart.
 */
export function onRuntime<T>(
  runtime: Runtime,
  branches: { [K in Runtime["kind"]]: (runtime: Extract<Runtime, { kind: K }>) => T },
): T {
  return runtime.kind === "process" ? branches.process(runtime) : branches.kubernetes(runtime);
}

/** A server's default port: moved by the port offset on one machine, unchanged in a cluster. */
export function offsetPort(runtime: Runtime, port: number): number {
  return onRuntime(runtime, { process: ({ portOffset }) => port + portOffset, kubernetes: () => port });
}

/** The argument by which a dynamic resource reaches the cluster; empty on one machine. */
export function clusterAccess(runtime: Runtime): { cluster?: pulumi.Output<ClusterAccess> } {
  return runtime.kind === "kubernetes" ? { cluster: runtime.cluster } : {};
}
