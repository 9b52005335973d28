import type { ClusterAccess } from "@plinth/providers/clients/kubernetes/access.ts";
import type { Supervisor } from "@plinth/providers/supervisor.ts";
import * as pulumi from "@pulumi/pulumi";

/**
 * Where a stack runs. Decided once, in configuration; a component branches on it once, through
 * {@link onRuntime}.
 */
export type Runtime = ProcessRuntime | KubernetesRuntime;

/** Every part of the platform is a process of this machine, kept by one supervisor. */
export interface ProcessRuntime {
  kind: "process";
  /** Name of the stack; separates the processes of stacks from each other. */
  stack: string;
  /** Absolute folder for data, logs and the supervisor's state. */
  directory: string;
  /** Added to every default port, so that two clones run side by side. */
  portOffset: number;
  /** Keeps the processes; started before the first and stopped after the last of them. */
  supervisor?: Supervisor;
}

/** Every part of the platform is a workload in one namespace of a cluster. */
export interface KubernetesRuntime {
  kind: "kubernetes";
  /** Sizes, and how much is locked down. */
  profile: Profile;
  /** Resolves when the namespace is there. */
  namespace: pulumi.Output<string>;
  /** Makes the manifests; every component hands it to its children. */
  provider: pulumi.ProviderResource;
  /** How dynamic providers come to what runs in the cluster. */
  cluster: pulumi.Output<ClusterAccess>;
}

/**
 * `development`: one person's cluster, default passwords. `production`: several of each, generated
 * secrets, nothing deleted without a word.
 */
export type Profile = "development" | "production";

/**
 * Picks the branch of `runtime`; all branches return the same endpoint type, so callers cannot tell
 * them apart.
 */
export function onRuntime<T>(
  runtime: Runtime,
  branches: { [K in Runtime["kind"]]: (runtime: Extract<Runtime, { kind: K }>) => T },
): T {
  return runtime.kind === "process" ? branches.process(runtime) : branches.kubernetes(runtime);
}

/**
 * Where a server listens by default: moved by the port offset on one machine, as it is in a
 * cluster.
 */
export function offsetPort(runtime: Runtime, port: number): number {
  return onRuntime(runtime, { process: ({ portOffset }) => port + portOffset, kubernetes: () => port });
}

/**
 * What a dynamic resource needs besides an address to come to what it describes: in a cluster, the
 * way there.
 */
export function clusterAccess(runtime: Runtime): { cluster?: pulumi.Output<ClusterAccess> } {
  return runtime.kind === "kubernetes" ? { cluster: runtime.cluster } : {};
}

/** A hook over the arguments of one child: a partial to merge, or a function that edits them. */
export type Transform<Args> = Partial<Args> | ((args: Args) => Args);

export function applyTransform<Args extends object>(hook: Transform<Args> | undefined, args: Args): Args {
  if (hook === undefined) return args;
  return typeof hook === "function" ? hook(args) : { ...args, ...hook };
}

/**
 * Base of every component: one type prefix, children named after their parent and parented to it.
 */
export abstract class PlatformComponent extends pulumi.ComponentResource {
  protected readonly name: string;

  protected constructor(
    kind: string,
    name: string,
    runtime: Runtime | undefined,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const inherited = runtime?.kind === "kubernetes" ? { providers: [runtime.provider] } : {};
    // `{}` on purpose: arguments given here are sent to the engine, secrets and closures included.
    super(`plinth:platform:${kind}`, name, {}, pulumi.mergeOptions(inherited, opts));
    this.name = name;
  }

  /** The logical name of a child: unique in the stack because the parent's is. */
  protected childName(suffix: string): string {
    return `${this.name}-${suffix}`;
  }
}
