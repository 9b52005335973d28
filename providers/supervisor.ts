import { setImmediate } from "node:timers/promises";
import type { Claims, PortClaims } from "@plinth/local/supervisor/claims.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";

export interface SupervisorInputs extends Partial<Claims> {
  /** Absolute path of the stack's data, logs and state. */
  directory: string;
  /** A hash of the supervisor's code: a change restarts it, and its processes run on. */
  revision?: string;
  /** Filled in by the provider: why `up` has work although no input changed; "" if it has none. */
  incident?: string;
}

export interface SupervisorOutputs extends SupervisorInputs {
  incident: string;
}

export interface SupervisorArgs {
  directory: pulumi.Input<string>;
  /** Part of every port of its processes. @default 0 */
  portOffset?: number;
  /** A hash of its code. @default its code is taken to be the same */
  revision?: string;
}

/**
 * The program that runs all processes of a stack. It outlives the engine, restarts processes that
 * crash and keeps their logs. Deleting it stops all its processes, also one that a killed engine
 * never recorded.
 */
export class Supervisor extends DynamicResource {
  declare readonly directory: pulumi.Output<string>;

  private readonly claims: PortClaims;

  constructor(
    name: string,
    { directory, portOffset = 0, revision = "" }: SupervisorArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const claims: PortClaims = {};
    // Once the program has declared all its processes.
    const ports = setImmediate(claims);
    super("supervisor", "Supervisor", name, { directory, portOffset, ports, revision }, opts);
    this.claims = claims;
  }

  /**
   * Notes a process of the program and its ports: the supervisor stops one that has left the
   * program when another takes its port.
   *
   * @throws UserError when another process has the name or a port
   */
  claim(process: string, ports: Record<string, number>): void {
    if (this.claims[process] !== undefined)
      throw new UserError(`Two processes are called '${process}': give one of them another name`);
    for (const [purpose, port] of Object.entries(ports)) {
      for (const [other, others] of Object.entries(this.claims)) {
        const taken = Object.keys(others).find((each) => others[each] === port);
        if (taken !== undefined)
          throw new UserError(
            `Port ${port} is claimed by '${other}' (${taken}) and by '${process}' (${purpose}): give one of them another port`,
          );
      }
    }
    this.claims[process] = ports;
  }
}
