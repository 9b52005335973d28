import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Server } from "../../base/endpoint.ts";
import type { ContainerResources } from "../../base/resources.ts";
import { labels, selector } from "../../kubernetes/labels.ts";
import { type MetricsPort, scrapeAnnotations } from "../../kubernetes/metrics.ts";
import { clientLabels } from "../../kubernetes/network.ts";
import { containerSecurity, podSecurity } from "../../kubernetes/security.ts";
import { scratchVolumes } from "../../kubernetes/volumes.ts";
import type { ApiAccess } from "./api-access.ts";
import { type ContentHashes, configMapOf, type Files, SECRETS_DIRECTORY, secretOf } from "./server.ts";

/** A folder of the node that an agent reads or, when it is its own, writes. */
export interface NodeFolder {
  path: string;
  /** @default path */
  mountPath?: string;
  /** Whether it belongs to the agent, which writes there. @default false */
  own?: boolean;
}

/** What runs once on each node, as plain data. */
export interface NodeAgentDefinition {
  workload: string;
  image: string;
  /** 0 where the node's files are root's. */
  user: number;
  args: string[];
  /** The first is probed. */
  ports: Record<string, number>;
  probes: { ready: string; live: string };
  folders: NodeFolder[];
  files?: { directory: string; texts: Files };
  secrets?: Files;
  resources: ContainerResources;
  metrics: MetricsPort;
  uses: Server[];
  outside: number[];
  /** Namespaces whose pods it scrapes. @default none */
  scrapes?: pulumi.Input<string>[];
  apiAccess?: ApiAccess;
  /** Why its pods need more than Pod Security "restricted". */
  reason: string;
  /** Whether pods of the stack connect to it: to the agent of their own node. @default false */
  serves: boolean;
}

export function agentDaemonSet(
  definition: NodeAgentDefinition,
  hashes: ContentHashes,
): types.input.apps.v1.DaemonSetSpec {
  const { workload, user, metrics, uses, apiAccess } = definition;
  const { runAsNonRoot: _, ...security } = podSecurity(user);
  const { volumes, mounts } = agentVolumes(definition);
  return {
    selector: { matchLabels: selector(workload) },
    template: {
      metadata: {
        labels: { ...labels(workload), ...clientLabels(uses) },
        annotations: {
          ...scrapeAnnotations(metrics),
          ...(hashes.files !== undefined && { "plinth.dev/config-hash": hashes.files }),
          ...(hashes.secrets !== undefined && { "plinth.dev/secret-hash": hashes.secrets }),
        },
      },
      spec: {
        ...(apiAccess && { serviceAccountName: workload }),
        automountServiceAccountToken: apiAccess !== undefined,
        enableServiceLinks: false,
        // Root reads root's files; without capabilities it may do nothing else.
        securityContext: user === 0 ? security : podSecurity(user),
        // Nodes that keep other pods away have logs, too.
        tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
        containers: [agentContainer(definition, mounts)],
        volumes,
      },
    },
  };
}

function agentContainer(
  { workload, image, args, ports, probes, resources }: NodeAgentDefinition,
  volumeMounts: types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container {
  const [probed] = Object.keys(ports);
  return {
    name: workload,
    image,
    args,
    env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort })),
    readinessProbe: { httpGet: { path: probes.ready, port: probed! }, periodSeconds: 10, timeoutSeconds: 5 },
    livenessProbe: {
      httpGet: { path: probes.live, port: probed! },
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    resources,
    securityContext: containerSecurity(),
    volumeMounts,
  };
}

function agentVolumes({ workload, folders, files, secrets }: NodeAgentDefinition) {
  const temporary = scratchVolumes("/tmp");
  const name = (path: string) => `node${path === "/" ? "-root" : path.replaceAll("/", "-")}`;
  return {
    volumes: [
      ...temporary.volumes,
      ...folders.map(({ path, own }) => ({
        name: name(path),
        hostPath: { path, type: own ? "DirectoryOrCreate" : "Directory" },
      })),
      ...(files ? [{ name: "config", configMap: { name: configMapOf(workload) } }] : []),
      ...(secrets ? [{ name: "secrets", secret: { secretName: secretOf(workload) } }] : []),
    ] satisfies types.input.core.v1.Volume[],
    mounts: [
      ...temporary.mounts,
      ...folders.map(({ path, mountPath = path, own = false }) => ({
        name: name(path),
        mountPath,
        readOnly: !own,
        // What the node mounts later shows, too.
        ...(path === "/" && { mountPropagation: "HostToContainer" }),
      })),
      ...(files ? [{ name: "config", mountPath: files.directory, readOnly: true }] : []),
      ...(secrets ? [{ name: "secrets", mountPath: SECRETS_DIRECTORY, readOnly: true }] : []),
    ] satisfies types.input.core.v1.VolumeMount[],
  };
}

/** Each pod's connections end at the agent of its own node. */
export function agentService({ workload, ports }: NodeAgentDefinition): types.input.core.v1.ServiceSpec {
  return {
    selector: selector(workload),
    internalTrafficPolicy: "Local",
    ports: Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name })),
  };
}
