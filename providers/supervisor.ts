import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";

export interface SupervisorInputs {
  /** Absolute folder of the stack's data, logs and state. */
  directory: string;
  /**
   * Filled in by the provider: why work is due although nothing was changed. Empty when all is
   * well.
   */
  incident?: string;
}

export interface SupervisorOutputs extends SupervisorInputs {
  incident: string;
}

export interface SupervisorArgs {
  directory: pulumi.Input<string>;
}

/**
 * The one program that keeps all processes of a stack: it outlives the engine, restarts what
 * crashes and keeps the logs. Deleting it stops every process it has, also one that a killed engine
 * never recorded.
 */
export class Supervisor extends DynamicResource {
  declare readonly directory: pulumi.Output<string>;

  constructor(name: string, { directory }: SupervisorArgs, opts?: pulumi.CustomResourceOptions) {
    super("supervisor", "Supervisor", name, { directory }, opts);
  }
}
