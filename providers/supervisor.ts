import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";

export interface SupervisorInputs {
  /** Absolute path of the stack's data, logs and state. */
  directory: string;
  /** Filled in by the provider: why `up` has work although no input changed; "" if it has none. */
  incident?: string;
}

export interface SupervisorOutputs extends SupervisorInputs {
  incident: string;
}

export interface SupervisorArgs {
  directory: pulumi.Input<string>;
}

/**
 * The program that runs all processes of a stack. It outlives the engine, restarts processes that
 * crash and keeps their logs. Deleting it stops all its processes, also one that a killed engine
 * never recorded.
 */
export class Supervisor extends DynamicResource {
  declare readonly directory: pulumi.Output<string>;

  constructor(name: string, { directory }: SupervisorArgs, opts?: pulumi.CustomResourceOptions) {
    super("supervisor", "Supervisor", name, { directory }, opts);
  }
}
