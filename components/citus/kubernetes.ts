import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { images } from "../base/images.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import { type MetricsPort, scrapeAnnotations } from "../kubernetes/metrics.ts";
import { peerLabels } from "../kubernetes/network.ts";
import { topologySpread } from "../kubernetes/placement.ts";
import { containerSecurity, podSecurity } from "../kubernetes/security.ts";
import { dataVolumeClaim, scratchVolumes } from "../kubernetes/volumes.ts";
import type { CitusSettings } from "./settings.ts";

type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;

/** `postgres` in the image. */
const POSTGRES_USER_ID = 999;
const QUERIES_DIRECTORY = "/etc/plinth-queries";
export const QUERIES_FILE = "queries.yaml";
/** The ConfigMap with the exporter's further queries. */
export const queriesConfigMap = ({ group }: CitusSettings) => `${group}-exporter`;
/** Of the exporter beside each server. */
export const CITUS_METRICS: MetricsPort = { port: 9187, path: "/metrics" };

export function citusService(workload: string, settings: CitusSettings, { headless }: { headless: boolean }) {
  const ports = [{ name: "postgres", port: settings.port, targetPort: "postgres" }];
  // The coordinator joins workers that are not ready yet, so their names resolve before.
  const stable = { clusterIP: "None", publishNotReadyAddresses: true };
  return { selector: selector(workload), ports, ...(headless && stable) } satisfies types.input.core.v1.ServiceSpec;
}

/**
 * Coordinator and workers run the same program; their catalogue (pg_dist_node) holds their roles.
 *
 * @param secret name of the Secret with the superuser's `password`, read when a volume is empty
 */
export function citusStatefulSet(
  workload: string,
  replicas: number,
  settings: CitusSettings,
  secret: pulumi.Input<string>,
) {
  const scratch = scratchVolumes("/tmp", "/var/run/postgresql");
  const superuser = {
    name: "superuser",
    secret: { secretName: secret, items: [{ key: "password", path: "password" }] },
  };
  return {
    serviceName: workload,
    replicas,
    podManagementPolicy: "Parallel",
    selector: { matchLabels: selector(workload) },
    template: {
      metadata: {
        labels: { ...labels(workload), ...peerLabels(settings.group) },
        ...(settings.exporter && { annotations: scrapeAnnotations(CITUS_METRICS) }),
      },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // Longer than a fast shutdown takes to flush its data.
        terminationGracePeriodSeconds: 120,
        securityContext: podSecurity(POSTGRES_USER_ID),
        topologySpreadConstraints: topologySpread(workload),
        containers: [
          serverContainer(settings, secret, scratch.mounts),
          ...(settings.exporter ? [exporterContainer(settings)] : []),
        ],
        volumes: [
          ...scratch.volumes,
          { name: "shared-memory", emptyDir: { medium: "Memory" } },
          ...(settings.exporter
            ? [superuser, { name: "queries", configMap: { name: queriesConfigMap(settings) } }]
            : []),
        ],
      },
    },
    ...dataVolumeClaim(settings.storage),
  } satisfies types.input.apps.v1.StatefulSetSpec;
}

function serverContainer(
  settings: CitusSettings,
  secret: pulumi.Input<string>,
  mounts: types.input.core.v1.VolumeMount[],
): Container {
  const ready = ["pg_isready", "--quiet", "--host", "127.0.0.1", "--port", String(settings.port)];
  return {
    name: "postgres",
    image: images.citus,
    args: [
      "postgres",
      "-p",
      String(settings.port),
      ...Object.entries(serverSettings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    env: [
      passwordVariable("POSTGRES_PASSWORD", secret),
      // By default the image trusts every connection from within the pod.
      {
        name: "POSTGRES_INITDB_ARGS",
        value: "--auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8",
      },
    ],
    ports: [{ name: "postgres", containerPort: settings.port }],
    // After a crash a large write-ahead log is replayed first.
    startupProbe: { exec: { command: ready }, periodSeconds: 5, failureThreshold: 120, timeoutSeconds: 5 },
    readinessProbe: { exec: { command: ready }, periodSeconds: 5, timeoutSeconds: 5 },
    livenessProbe: { exec: { command: ready }, periodSeconds: 20, failureThreshold: 6, timeoutSeconds: 10 },
    resources: settings.resources,
    securityContext: containerSecurity(),
    volumeMounts: [
      { name: "data", mountPath: "/var/lib/postgresql" },
      // Parallel queries share memory there; a container's default of 64 MB is too small.
      { name: "shared-memory", mountPath: "/dev/shm" },
      ...mounts,
    ],
  };
}

function exporterContainer(settings: CitusSettings): Container {
  return {
    name: "exporter",
    image: images.postgresExporter,
    args: [`--web.listen-address=:${CITUS_METRICS.port}`, `--extend.query-path=${QUERIES_DIRECTORY}/${QUERIES_FILE}`],
    env: [
      { name: "DATA_SOURCE_URI", value: `127.0.0.1:${settings.port}/${settings.database}?sslmode=disable` },
      { name: "DATA_SOURCE_USER", value: "postgres" },
      // A mounted file follows the Secret; a variable keeps the old password until a restart.
      { name: "DATA_SOURCE_PASS_FILE", value: "/etc/plinth/password" },
    ],
    volumeMounts: [
      { name: "superuser", mountPath: "/etc/plinth", readOnly: true },
      { name: "queries", mountPath: QUERIES_DIRECTORY, readOnly: true },
    ],
    ports: [{ name: "metrics", containerPort: CITUS_METRICS.port }],
    readinessProbe: { httpGet: { path: "/", port: "metrics" }, periodSeconds: 10 },
    livenessProbe: { httpGet: { path: "/", port: "metrics" }, periodSeconds: 20, failureThreshold: 6 },
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
    securityContext: containerSecurity(),
  };
}

function passwordVariable(name: string, secret: pulumi.Input<string>): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key: "password" } } };
}

const serverSettings = {
  shared_preload_libraries: "citus",
  // Moving a shard under writes uses logical replication and a two-phase commit.
  wal_level: "logical",
  max_prepared_transactions: 200,
  max_connections: 300,
  password_encryption: "scram-sha-256",
  // Nodes have no certificates; network policies decide who may connect.
  "citus.node_conninfo": "sslmode=prefer",
  // Counts each tenant's queries, for the dashboard.
  "citus.stat_tenants_track": "all",
  max_worker_processes: 16,
  max_replication_slots: 32,
  max_wal_senders: 32,
  // A statement's error may quote a caller's value. It goes to the service, which logs it without.
  log_min_messages: "log",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
} as const;
