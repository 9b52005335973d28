import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { onRuntime, PlatformComponent, type ProcessRuntime, type Runtime, type Transform, transform } from "./component.ts";
import { brokerProcess, registryProcess } from "./process/redpanda.ts";
import { Process } from "./providers/process.ts";

export interface RedpandaClusterArgs {
  runtime: Runtime;
  /** TCP port that clients connect to; the port after it is the controller's. @default 19092, moved by the stack's port offset */
  brokerPort?: number;
  /** TCP port of the schema registry. @default 8081, moved by the stack's port offset */
  registryPort?: number;
  transform?: { broker?: Transform<ProcessSpec>; registry?: Transform<ProcessSpec> };
}

export type RedpandaSettings = Required<Pick<RedpandaClusterArgs, "brokerPort" | "registryPort">>;

/**
 * A broker that speaks Kafka's protocol, with its schema registry. In the process runtime: Apache Kafka, and a registry of our own that speaks
 * the same REST API and keeps everything in the broker.
 *
 * @example
 * const broker = new RedpandaCluster("redpanda", { runtime });
 */
export class RedpandaCluster extends PlatformComponent {
  /** `host:port`, comma-separated; resolves when the broker accepts connections. */
  readonly brokers: pulumi.Output<string>;
  /** `http://host:port`; resolves when the registry answers. */
  readonly schemaRegistryUrl: pulumi.Output<string>;

  constructor(name: string, args: RedpandaClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedpandaCluster", name, opts);
    const settings = resolveRedpandaSettings(args);
    const endpoints = onRuntime(args.runtime, {
      process: (runtime) => this.start(settings, runtime, args.transform),
    });
    this.brokers = endpoints.brokers;
    this.schemaRegistryUrl = endpoints.schemaRegistryUrl;
    this.registerOutputs(endpoints);
  }

  private start(settings: RedpandaSettings, runtime: ProcessRuntime, hooks: RedpandaClusterArgs["transform"]) {
    const brokerSpec = transform(hooks?.broker, brokerProcess(settings, `${runtime.directory}/kafka`));
    const broker = new Process(this.child("broker"), { runtime, process: "kafka", spec: brokerSpec }, { parent: this });
    const brokers = pulumi.interpolate`localhost:${broker.port("kafka")}`;
    const registrySpec = transform(hooks?.registry, registryProcess(settings, `${runtime.directory}/schema-registry`));
    const registry = new Process(
      this.child("schema-registry"),
      { runtime, process: "schema-registry", spec: registrySpec },
      { parent: this, dependsOn: [broker] },
    );
    return { brokers, schemaRegistryUrl: pulumi.interpolate`http://localhost:${registry.port("registry")}` };
  }
}

/** Defaults, apart from any resource so that a table of cases can test them. */
export function resolveRedpandaSettings(args: RedpandaClusterArgs): RedpandaSettings {
  return {
    brokerPort: args.brokerPort ?? 19092 + args.runtime.portOffset,
    registryPort: args.registryPort ?? 8081 + args.runtime.portOffset,
  };
}
