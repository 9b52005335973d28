import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { BrokerCount } from "@plinth/providers/broker-count.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import {
  applyTransform,
  type KubernetesRuntime,
  offsetPort,
  onRuntime,
  PlatformComponent,
  type ProcessRuntime,
  type Runtime,
  type Transform,
} from "../base/component.ts";
import { type ContainerResources, sizes } from "../base/sizes.ts";
import { type ExternalBroker, externalBrokerEndpoints } from "../citus/external.ts";
import { labels } from "../kubernetes/labels.ts";
import { peerPolicy } from "../kubernetes/network.ts";
import { StatefulWorkload } from "../kubernetes/stateful-workload.ts";
import type { Endpoint } from "../service/environment.ts";
import { RedpandaConsole } from "./console.ts";
import { ADMIN_PORT, RPC_PORT, redpandaServices, redpandaStatefulSet } from "./kubernetes.ts";
import { brokerProcess, registryProcess } from "./process.ts";

export interface RedpandaClusterArgs {
  runtime: Runtime;
  /**
   * TCP port that clients connect to. @default 9092 in a cluster; 19092 on one machine, moved by
   * the stack's port offset, and the port after it is the controller's
   */
  brokerPort?: number;
  /** TCP port of the schema registry. @default 8081, moved by the stack's port offset */
  registryPort?: number;
  /** An odd number, from 3 in mode `production`; Kubernetes only. @default the least */
  brokers?: number;
  /**
   * `developer`: one processor, and what is acknowledged is not yet on the disk; Kubernetes only.
   * @default "developer"
   */
  mode?: "developer" | "production";
  /** Size of each broker's volume, as in "100Gi"; Kubernetes only. @default "2Gi" */
  storage?: string;
  /** Of each broker; Kubernetes only. */
  resources?: ContainerResources;
  /**
   * Whether its topics, records and schemas can be looked at in a browser; Kubernetes only.
   * @default false
   */
  console?: boolean;
  /**
   * Namespaces whose pods may connect although they are none of the platform's, such as KEDA's;
   * Kubernetes only. @default none
   */
  allowedNamespaces?: string[];
  /** Brokers and a registry that somebody else runs, instead of those made here. */
  external?: ExternalBroker | undefined;
  transform?: {
    broker?: Transform<ProcessSpec>;
    registry?: Transform<ProcessSpec>;
    statefulSet?: Transform<types.input.apps.v1.StatefulSetSpec>;
  };
}

export type RedpandaSettings = Required<
  Omit<RedpandaClusterArgs, "runtime" | "allowedNamespaces" | "external" | "transform">
> & {
  /**
   * Of each record. More brokers than before do not change it: topics that exist keep their copies.
   */
  replicationFactor: number;
};

/**
 * A broker that speaks Kafka's protocol, with its schema registry. On one machine: Apache Kafka,
 * and a registry of our own that speaks the same REST API and keeps everything in the broker. In a
 * cluster: Redpanda, which is both.
 *
 * The built-in form bears the loss of one broker of three. It has no authentication between clients
 * and brokers beyond the network policies, and makes no backups.
 *
 * @example
 * const broker = new RedpandaCluster("redpanda", { runtime, brokers: 3, mode: "production" });
 */
export class RedpandaCluster extends PlatformComponent {
  /** `host:port`, comma-separated; resolves when the broker accepts connections. */
  readonly endpoint: Endpoint;
  /** `http://host:port`; resolves when the registry answers. */
  readonly registry: Endpoint;
  /** How many copies a topic can have here. */
  readonly replicationFactor: number;

  constructor(name: string, args: RedpandaClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedpandaCluster", name, args.runtime, opts);
    const settings = resolveRedpandaSettings(args);
    const { endpoint, registry } = args.external
      ? externalBrokerEndpoints(args.external)
      : onRuntime<{ endpoint: Endpoint; registry: Endpoint }>(args.runtime, {
          process: (runtime) => this.createProcesses(settings, runtime, args.transform),
          kubernetes: (runtime) => this.createWorkload(settings, runtime, args),
        });
    this.endpoint = endpoint;
    this.registry = registry;
    this.replicationFactor = settings.replicationFactor;
    this.registerOutputs({ brokers: endpoint.url, schemaRegistryUrl: registry.url });
  }

  private createProcesses(
    settings: RedpandaSettings,
    runtime: ProcessRuntime,
    hooks: RedpandaClusterArgs["transform"],
  ) {
    const brokerSpec = applyTransform(hooks?.broker, brokerProcess(settings, `${runtime.directory}/kafka`));
    const broker = new Process(
      this.childName("broker"),
      { runtime, process: "kafka", spec: brokerSpec },
      { parent: this },
    );
    const registrySpec = applyTransform(
      hooks?.registry,
      registryProcess(settings, `${runtime.directory}/schema-registry`),
    );
    const registry = new Process(
      this.childName("schema-registry"),
      { runtime, process: "schema-registry", spec: registrySpec },
      { parent: this, dependsOn: [broker] },
    );
    return {
      endpoint: { url: pulumi.interpolate`localhost:${broker.port("kafka")}`, secret: false },
      registry: { url: pulumi.interpolate`http://localhost:${registry.port("registry")}`, secret: false },
    };
  }

  private createWorkload(
    settings: RedpandaSettings,
    runtime: KubernetesRuntime,
    { allowedNamespaces = [], transform: hooks }: RedpandaClusterArgs,
  ) {
    const registryName = "schema-registry";
    const server = { workload: this.name, ports: [settings.brokerPort, settings.registryPort] };
    this.createPeerPolicy(settings, runtime);
    const count = new BrokerCount(this.childName("count"), { brokers: settings.brokers }, { parent: this });
    const pods = new StatefulWorkload(
      this.name,
      {
        runtime,
        server,
        allowedNamespaces,
        services: redpandaServices(this.name, registryName, settings),
        spec: redpandaStatefulSet(this.name, settings),
        transform: hooks?.statefulSet,
      },
      { parent: this, dependsOn: count },
    );
    // Built from what the cluster answered, so they are known only when the brokers are ready.
    const brokers = pulumi.interpolate`${this.name}.${pods.namespace}.svc.cluster.local:${settings.brokerPort}`;
    const schemaRegistryUrl = pulumi.interpolate`http://${registryName}.${pods.namespace}.svc.cluster.local:${settings.registryPort}`;
    if (settings.console)
      new RedpandaConsole(this.childName("console"), { runtime, server, brokers, schemaRegistryUrl }, { parent: this });
    return {
      endpoint: { url: brokers, secret: false, server: { ...server, ports: [settings.brokerPort] } },
      registry: { url: schemaRegistryUrl, secret: false, server: { ...server, ports: [settings.registryPort] } },
    };
  }

  private createPeerPolicy({ brokerPort, registryPort }: RedpandaSettings, { namespace }: KubernetesRuntime) {
    const metadata = { name: `${this.name}-brokers`, namespace, labels: labels(this.name) };
    const spec = peerPolicy(this.name, [brokerPort, registryPort, ADMIN_PORT, RPC_PORT]);
    new NetworkPolicy(this.childName("peers"), { metadata, spec }, { parent: this });
  }
}

/** Defaults and bounds, apart from any resource so that a table of cases can test them. */
export function resolveRedpandaSettings(args: RedpandaClusterArgs): RedpandaSettings {
  const mode = args.mode ?? "developer";
  const least = mode === "production" ? 3 : 1;
  const settings = {
    brokerPort:
      args.brokerPort ??
      onRuntime(args.runtime, { process: ({ portOffset }) => 19092 + portOffset, kubernetes: () => 9092 }),
    registryPort: args.registryPort ?? offsetPort(args.runtime, 8081),
    brokers: args.brokers ?? least,
    mode,
    replicationFactor: least,
    storage: args.storage ?? "2Gi",
    resources: args.resources ?? sizes.development.redpanda.resources,
    console: args.console ?? false,
  };
  const { brokers } = settings;
  if (!Number.isInteger(brokers) || brokers < least)
    throw new pulumi.RunError(
      `RedpandaCluster: brokers is ${brokers}, but in mode '${mode}' must be at least ${least}`,
    );
  if (brokers % 2 === 0)
    throw new pulumi.RunError(
      `RedpandaCluster: brokers is ${brokers}, but must be odd: an even number bears no more losses than one less`,
    );
  return settings;
}
