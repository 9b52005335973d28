import * as pulumi from "@pulumi/pulumi";
import type { Supervisor } from "./providers/supervisor.ts";

/** Where a stack runs. Decided once, in configuration; a component branches on it once, through {@link onRuntime}. */
export type Runtime = ProcessRuntime;

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

/** Picks the branch of `runtime`; all branches return the same endpoint type, so callers cannot tell them apart. */
export function onRuntime<T>(runtime: Runtime, branches: { [K in Runtime["kind"]]: (runtime: Extract<Runtime, { kind: K }>) => T }): T {
  return branches[runtime.kind](runtime);
}

/** A hook over the arguments of one child: a partial to merge, or a function that edits them. */
export type Transform<Args> = Partial<Args> | ((args: Args) => Args);

export function transform<Args extends object>(hook: Transform<Args> | undefined, args: Args): Args {
  if (hook === undefined) return args;
  return typeof hook === "function" ? hook(args) : { ...args, ...hook };
}

/** Base of every component: one type prefix, children named after their parent and parented to it. */
export abstract class PlatformComponent extends pulumi.ComponentResource {
  protected readonly name: string;

  protected constructor(kind: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    // `{}` on purpose: arguments given here are sent to the engine, secrets and closures included.
    super(`plinth:platform:${kind}`, name, {}, opts);
    this.name = name;
  }

  /** The logical name of a child: unique in the stack because the parent's is. */
  protected child(suffix: string): string {
    return `${this.name}-${suffix}`;
  }
}
