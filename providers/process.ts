import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";
import type { Supervisor } from "./supervisor.ts";

export interface ProcessInputs extends ProcessSpec {
  /** Directory of the supervisor that keeps it. */
  supervisor: string;
  /** Its name there, and of its log. */
  process: string;
  /**
   * Filled in by the provider: why work is due although nothing was changed. Empty when all is
   * well.
   */
  incident?: string;
}

export interface ProcessOutputs extends ProcessInputs {
  incident: string;
  /** Its ports, known once the readiness probe has passed. */
  readyPorts: Record<string, number>;
}

export interface ProcessArgs {
  runtime: {
    directory: string;
    /** Started before the process, and stopped after it. */
    supervisor?: Supervisor;
  };
  /** @default the resource's name */
  process?: string;
  spec: { [Field in keyof ProcessSpec]: pulumi.Input<ProcessSpec[Field]> };
}

/**
 * One real process of this machine, kept by the stack's supervisor. A change of its specification
 * restarts it in place; its data stays when it is deleted. What died, or runs differently than
 * recorded, is seen by the next preview and refresh.
 *
 * @example
 * const server = new Process("redis", { runtime, spec: redisProcess(settings, directory) }, { parent: this });
 * this.url = pulumi.interpolate`redis://localhost:${server.port("redis")}`;
 */
export class Process extends DynamicResource {
  declare readonly readyPorts: pulumi.Output<Record<string, number>>;

  constructor(name: string, { runtime, process, spec }: ProcessArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs = {
      ...spec,
      secrets: pulumi.secret(spec.secrets),
      supervisor: runtime.directory,
      process: process ?? name,
    };
    const dependsOn =
      runtime.supervisor === undefined
        ? {}
        : {
            dependsOn: pulumi.output(opts.dependsOn ?? []).apply((others) => [runtime.supervisor!, ...[others].flat()]),
          };
    super("process", "Process", name, { readyPorts: undefined, ...inputs }, { ...opts, ...dependsOn });
  }

  /** A port by its purpose; resolves once the process is ready, and so gates whatever uses it. */
  port(purpose: string): pulumi.Output<number> {
    return this.readyPorts.apply((ports) => {
      const port = ports[purpose];
      if (port === undefined)
        throw new Error(`Process has no port '${purpose}', only: ${Object.keys(ports).join(", ")}`);
      return port;
    });
  }
}
