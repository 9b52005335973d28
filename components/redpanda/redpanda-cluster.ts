import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { BrokerCount } from "@plinth/providers/broker-count.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type KubernetesRuntime, onRuntime, type ProcessRuntime, type Runtime } from "../base/runtime.ts";
import { applyTransform, type Transform } from "../base/transform.ts";
import { objectMetadata } from "../kubernetes/metadata.ts";
import { peerPolicy } from "../kubernetes/network.ts";
import { StatefulWorkload } from "../kubernetes/stateful-workload.ts";
import { RedpandaConsole } from "./console.ts";
import { type ExternalBroker, externalBrokerEndpoints } from "./external.ts";
import { ADMIN_PORT, REDPANDA_METRICS, RPC_PORT, redpandaServices, redpandaStatefulSet } from "./kubernetes.ts";
import { brokerProcess, registryProcess } from "./process.ts";
import { type RedpandaOptions, type RedpandaSettings, resolveRedpandaSettings } from "./settings.ts";

export interface RedpandaClusterArgs extends RedpandaOptions {
  runtime: Runtime;
  /**
   * Other namespaces whose pods may connect, such as KEDA's; Kubernetes only. @default none
   */
  allowedNamespaces?: string[];
  /** Of the web console, with its digest; Kubernetes only. @default the pinned one, by its tag */
  consoleImage?: string | undefined;
  /** Brokers and a registry outside of the stack to use instead of those in it. */
  external?: ExternalBroker | undefined;
  transform?: {
    broker?: Transform<ProcessSpec>;
    registry?: Transform<ProcessSpec>;
    statefulSet?: Transform<types.input.apps.v1.StatefulSetSpec>;
  };
}

interface RedpandaEndpoints {
  endpoint: Endpoint;
  registry: Endpoint;
}

/** The name of the registry's Service, process and address. */
const REGISTRY_NAME = "schema-registry";

/**
 * A broker that speaks Kafka's protocol, with its schema registry. On one machine: Apache Kafka,
 * and the registry of `local/schema-registry`, which serves the same REST API and keeps everything
 * in the broker. In a cluster: Redpanda, which is both.
 *
 * In production it tolerates the loss of one broker. It has no authentication between clients and
 * brokers beyond the network policies, and makes no backups.
 *
 * @example
 * const broker = new RedpandaCluster("redpanda", { runtime, brokers: 3, mode: "production" });
 */
export class RedpandaCluster extends PlatformComponent {
  /** `host:port`, comma-separated; resolves when the broker accepts connections. */
  readonly endpoint: Endpoint;
  /** `http://host:port`; resolves when the registry answers. */
  readonly registry: Endpoint;
  /** Replicas that each partition of a new topic gets. */
  readonly replicationFactor: number;

  constructor(name: string, args: RedpandaClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedpandaCluster", name, args.runtime, opts);
    const settings = resolveRedpandaSettings(args);
    const { endpoint, registry } = args.external
      ? externalBrokerEndpoints(args.external)
      : onRuntime<RedpandaEndpoints>(args.runtime, {
          process: (runtime) => this.createProcesses(settings, runtime, args.transform),
          kubernetes: (runtime) => this.createCluster(settings, runtime, args),
        });
    this.endpoint = endpoint;
    this.registry = registry;
    this.replicationFactor = settings.replicationFactor;
    this.registerOutputs({ brokers: endpoint.url, schemaRegistryUrl: registry.url });
  }

  private createProcesses(
    settings: RedpandaSettings,
    runtime: ProcessRuntime,
    transform: RedpandaClusterArgs["transform"],
  ): RedpandaEndpoints {
    const brokerSpec = brokerProcess(settings, `${runtime.directory}/kafka`);
    const broker = new Process(
      this.childName("broker"),
      { runtime, process: "kafka", spec: applyTransform(transform?.broker, brokerSpec) },
      { parent: this },
    );
    const registrySpec = registryProcess(settings, `${runtime.directory}/${REGISTRY_NAME}`, runtime.allowedHosts);
    const registry = new Process(
      this.childName(REGISTRY_NAME),
      { runtime, process: REGISTRY_NAME, spec: applyTransform(transform?.registry, registrySpec) },
      { parent: this, dependsOn: [broker] },
    );
    return {
      endpoint: { url: pulumi.interpolate`localhost:${broker.port("kafka")}`, secret: false },
      registry: { url: pulumi.interpolate`http://localhost:${registry.port("registry")}`, secret: false },
    };
  }

  private createCluster(
    settings: RedpandaSettings,
    runtime: KubernetesRuntime,
    args: RedpandaClusterArgs,
  ): RedpandaEndpoints {
    const { brokerPort, registryPort } = settings;
    this.createPeerPolicy(settings, runtime);
    const pods = this.createBrokers(settings, runtime, args);
    // Outputs of the workload, so that the endpoints resolve when the brokers are ready.
    const domain = pulumi.interpolate`${pods.namespace}.svc.cluster.local`;
    const brokers = pulumi.interpolate`${this.name}.${domain}:${brokerPort}`;
    const schemaRegistryUrl = pulumi.interpolate`http://${REGISTRY_NAME}.${domain}:${registryPort}`;
    if (settings.console) this.createConsole(settings, args, runtime, { brokers, schemaRegistryUrl });
    return {
      endpoint: { url: brokers, secret: false, server: { workload: this.name, ports: [brokerPort] } },
      registry: { url: schemaRegistryUrl, secret: false, server: { workload: this.name, ports: [registryPort] } },
    };
  }

  private createPeerPolicy({ brokerPort, registryPort }: RedpandaSettings, runtime: KubernetesRuntime): void {
    const metadata = objectMetadata(this.name, runtime, `${this.name}-brokers`);
    const spec = peerPolicy(this.name, [brokerPort, registryPort, ADMIN_PORT, RPC_PORT]);
    new NetworkPolicy(this.childName("peers"), { metadata, spec }, { parent: this });
  }

  private createBrokers(
    settings: RedpandaSettings,
    runtime: KubernetesRuntime,
    { allowedNamespaces = [], transform }: RedpandaClusterArgs,
  ): StatefulWorkload {
    // Refuses to remove brokers before their pods go.
    const count = new BrokerCount(this.childName("count"), { brokers: settings.brokers }, { parent: this });
    return new StatefulWorkload(
      this.name,
      {
        runtime,
        server: this.server(settings),
        allowedNamespaces,
        metrics: REDPANDA_METRICS,
        services: redpandaServices(this.name, REGISTRY_NAME, settings),
        spec: redpandaStatefulSet(this.name, settings),
        transform: transform?.statefulSet,
      },
      { parent: this, dependsOn: count },
    );
  }

  private createConsole(
    settings: RedpandaSettings,
    { consoleImage: image }: RedpandaClusterArgs,
    runtime: KubernetesRuntime,
    addresses: { brokers: pulumi.Output<string>; schemaRegistryUrl: pulumi.Output<string> },
  ): void {
    const args = { runtime, image, server: this.server(settings), ...addresses };
    new RedpandaConsole(this.childName("console"), args, { parent: this });
  }

  private server({ brokerPort, registryPort }: RedpandaSettings) {
    return { workload: this.name, ports: [brokerPort, registryPort] };
  }
}
