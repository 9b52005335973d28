import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";
import type { Supervisor } from "./supervisor.ts";

export interface ProcessInputs extends ProcessSpec {
  /** Directory of the supervisor that runs it. */
  supervisor: string;
  /** Its name in the supervisor, and the name of its log. */
  process: string;
  /** Filled in by the provider: why `up` has work although no input changed; "" if it has none. */
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
 * A process of this machine, run by the stack's supervisor. A changed specification restarts it in
 * place. Deleting the resource keeps its data. The next preview and refresh show a process that
 * died or that runs with another specification than recorded.
 *
 * @example
 * const server = new Process("redis", {
 *   runtime, spec: redisProcess(settings, directory) }, { parent: this,
 * });
 * this.url = pulumi.interpolate`redis://localhost:${server.port("redis")}`;
 */
export class Process extends DynamicResource {
  declare readonly readyPorts: pulumi.Output<Record<string, number>>;

  constructor(name: string, { runtime, process, spec }: ProcessArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { supervisor } = runtime;
    // Ports that are known only later cannot be compared now.
    if (!isLater(spec.ports)) supervisor?.claim(process ?? name, spec.ports as Record<string, number>);
    const inputs = {
      ...spec,
      secrets: pulumi.secret(spec.secrets),
      supervisor: runtime.directory,
      process: process ?? name,
    };
    const dependsOn =
      supervisor === undefined
        ? {}
        : { dependsOn: pulumi.output(opts.dependsOn ?? []).apply((others) => [supervisor, ...[others].flat()]) };
    super("process", "Process", name, { readyPorts: undefined, ...inputs }, { ...opts, ...dependsOn });
  }

  /** A port by its purpose. Resolves once the process is ready, so resources that use it wait. */
  port(purpose: string): pulumi.Output<number> {
    return this.readyPorts.apply((ports) => {
      const port = ports[purpose];
      if (port === undefined)
        throw new Error(`Process has no port '${purpose}', only: ${Object.keys(ports).join(", ")}`);
      return port;
    });
  }
}

function isLater(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}
