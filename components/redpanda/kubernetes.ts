import type { types } from "@pulumi/kubernetes";
import { images } from "../base/images.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import { type MetricsPort, scrapeAnnotations } from "../kubernetes/metrics.ts";
import { peerLabels } from "../kubernetes/network.ts";
import { topologySpread } from "../kubernetes/placement.ts";
import { containerSecurity, podSecurity } from "../kubernetes/security.ts";
import { dataVolumeClaim, scratchVolumes } from "../kubernetes/volumes.ts";
import type { RedpandaSettings } from "./settings.ts";

type Container = types.input.core.v1.Container;

/** `redpanda` in the image. */
const REDPANDA_USER_ID = 101;
export const ADMIN_PORT = 9644;
export const RPC_PORT = 33145;
export const REDPANDA_METRICS: MetricsPort = { port: ADMIN_PORT, path: "/public_metrics" };

/** The headless Service that gives each broker a name to advertise. */
export function brokersServiceName(workload: string): string {
  return `${workload}-brokers`;
}

export function redpandaServices(
  workload: string,
  registry: string,
  settings: RedpandaSettings,
): Record<string, types.input.core.v1.ServiceSpec> {
  const port = (name: string, number: number) => ({ name, port: number, targetPort: name });
  const clients = [port("kafka", settings.brokerPort), port("admin", ADMIN_PORT)];
  return {
    [workload]: { selector: selector(workload), ports: clients },
    // Brokers look each other up before they are ready.
    [brokersServiceName(workload)]: {
      selector: selector(workload),
      clusterIP: "None",
      publishNotReadyAddresses: true,
      ports: [...clients, port("registry", settings.registryPort), port("rpc", RPC_PORT)],
    },
    [registry]: { selector: selector(workload), ports: [port("registry", settings.registryPort)] },
  };
}

export function redpandaStatefulSet(workload: string, settings: RedpandaSettings) {
  // Redpanda's launcher writes its configuration there.
  const scratch = scratchVolumes("/tmp", "/etc/redpanda");
  return {
    serviceName: brokersServiceName(workload),
    replicas: settings.brokers,
    // A cluster forms only when all its seed brokers run.
    podManagementPolicy: "Parallel",
    selector: { matchLabels: selector(workload) },
    template: {
      metadata: {
        labels: { ...labels(workload), ...peerLabels(workload) },
        annotations: scrapeAnnotations(REDPANDA_METRICS),
      },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // Longer than a broker takes to hand over its leaderships.
        terminationGracePeriodSeconds: 90,
        securityContext: podSecurity(REDPANDA_USER_ID),
        topologySpreadConstraints: topologySpread(workload),
        containers: [brokerContainer(workload, settings, scratch.mounts)],
        volumes: scratch.volumes,
      },
    },
    ...dataVolumeClaim(settings.storage),
  } satisfies types.input.apps.v1.StatefulSetSpec;
}

function brokerContainer(
  workload: string,
  settings: RedpandaSettings,
  mounts: types.input.core.v1.VolumeMount[],
): Container {
  const ready = { httpGet: { path: "/v1/status/ready", port: "admin" } };
  const { brokerPort, registryPort } = settings;
  return {
    name: "redpanda",
    image: images.redpanda,
    args: redpandaArguments(workload, settings),
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    ],
    ports: Object.entries({ kafka: brokerPort, admin: ADMIN_PORT, registry: registryPort, rpc: RPC_PORT }).map(
      ([name, containerPort]) => ({
        name,
        containerPort,
      }),
    ),
    // After a crash a broker replays its log first.
    startupProbe: { ...ready, periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 5 },
    livenessProbe: { tcpSocket: { port: "admin" }, periodSeconds: 10, failureThreshold: 6 },
    resources: settings.resources,
    securityContext: containerSecurity(),
    volumeMounts: [{ name: "data", mountPath: "/var/lib/redpanda/data" }, ...mounts],
  };
}

/** Kubernetes expands `$(POD_NAME)` and `$(POD_NAMESPACE)`. */
function redpandaArguments(workload: string, settings: RedpandaSettings): string[] {
  const domain = `${brokersServiceName(workload)}.$(POD_NAMESPACE).svc.cluster.local`;
  const host = `$(POD_NAME).${domain}`;
  const seeds = Array.from(
    { length: Math.min(settings.brokers, 3) },
    (_, index) => `${workload}-${index}.${domain}:${RPC_PORT}`,
  );
  const cluster = { auto_create_topics_enabled: false, default_topic_replications: settings.replicationFactor };
  return [
    ...["redpanda", "start"],
    ...[
      "--kafka-addr",
      `internal://0.0.0.0:${settings.brokerPort}`,
      "--advertise-kafka-addr",
      `internal://${host}:${settings.brokerPort}`,
    ],
    ...["--schema-registry-addr", `0.0.0.0:${settings.registryPort}`],
    ...["--rpc-addr", `0.0.0.0:${RPC_PORT}`, "--advertise-rpc-addr", `${host}:${RPC_PORT}`, "--seeds", seeds.join(",")],
    // A broker that finds no seed waits; otherwise it would found a second cluster.
    ...["--set", "redpanda.empty_seed_starts_cluster=false"],
    ...Object.entries(cluster).flatMap(([name, value]) => ["--set", `redpanda.${name}=${value}`]),
    ...(settings.mode === "developer" ? ["--mode", "dev-container"] : []),
    // One thread for each requested processor; by default one for each of the node's, which share
    // the memory.
    ...["--smp", String(Math.max(1, Math.floor(parseCpu(settings.resources.requests.cpu))))],
    // Redpanda uses memory beyond this heap, so a fifth of the limit stays free.
    ...["--memory", `${Math.floor(parseMebibytes(settings.resources.limits.memory) * 0.8)}M`, "--reserve-memory", "0M"],
  ];
}

function parseCpu(amount: string): number {
  return amount.endsWith("m") ? Number.parseInt(amount, 10) / 1000 : Number(amount);
}

function parseMebibytes(amount: string): number {
  const [, number, unit] = /^([\d.]+)(Mi|Gi|Ti)$/.exec(amount)!;
  return Number(number) * { Mi: 1, Gi: 1024, Ti: 1_048_576 }[unit as "Mi" | "Gi" | "Ti"];
}
