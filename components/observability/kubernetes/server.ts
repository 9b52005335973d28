import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Server } from "../../base/endpoint.ts";
import type { ServerSize } from "../../base/sizes.ts";
import { labels, selector } from "../../kubernetes/labels.ts";
import { type MetricsPort, scrapeAnnotations } from "../../kubernetes/metrics.ts";
import { clientLabels, peerLabels } from "../../kubernetes/network.ts";
import { topologySpread } from "../../kubernetes/placement.ts";
import { containerSecurity, podSecurity } from "../../kubernetes/security.ts";
import { dataVolumeClaim, scratchVolumes } from "../../kubernetes/volumes.ts";
import type { ApiAccess } from "./api-access.ts";

type StatefulSetSpec = types.input.apps.v1.StatefulSetSpec;
type Container = types.input.core.v1.Container;

/** Texts by the names of their files. */
export type Files = Record<string, pulumi.Input<string>>;

/** One server of the stack, as plain data: its pods, what they read, and whom they talk to. */
export interface ServerDefinition {
  workload: string;
  image: string;
  /** The numeric user of the image. */
  user: number;
  args?: string[];
  /** Variables that are not secret. */
  environment?: Record<string, pulumi.Input<string>>;
  /** Variables, each with the name of the file of `secrets` that has its value. */
  secretEnvironment?: Record<string, string>;
  /** TCP ports by name. The first is probed. */
  ports: Record<string, number>;
  /** Ports at which its replicas talk to each other. @default none */
  peerPorts?: Record<string, number>;
  /** Those of `peerPorts` at which they exchange datagrams as well. @default none */
  peerUdpPorts?: number[];
  /** Paths at the first port. @default for `live`: the port takes connections */
  probes: { ready: string; live?: string };
  /** Files below a folder by their paths there, from a ConfigMap. */
  files?: { directory: string; texts: Files };
  /** Folders with further ConfigMaps, by the ConfigMaps' names. */
  folders?: { directory: string; configMaps: string[] };
  /** Files in {@link SECRETS_DIRECTORY}, from a Secret. */
  secrets?: Files;
  size: ServerSize;
  /** The folder of its data. */
  data?: string;
  /** Whether it writes into its image. @default false */
  writableRoot?: boolean;
  /** Whether its program may not start without the right to ports below 1024. @default false */
  bindsLowPorts?: boolean;
  metrics?: MetricsPort;
  /** Servers that it connects to. */
  uses?: Server[];
  /** TCP ports that it may reach anywhere, for servers outside of the stack. */
  outside?: number[];
  /** Namespaces whose pods it scrapes. @default none */
  scrapes?: pulumi.Input<string>[];
  /** What it may ask the API server. @default nothing: it has no token */
  apiAccess?: ApiAccess;
  /** Namespaces, besides the stack's, whose pods may declare a dependency on it. */
  clientNamespaces?: pulumi.Input<string>[];
  /** Namespaces all of whose pods may connect. */
  allowedNamespaces?: string[];
}

export const SECRETS_DIRECTORY = "/etc/plinth/secrets";

/** Changes with the content of files, so that pods restart with it. */
export interface ContentHashes {
  files?: pulumi.Input<string> | undefined;
  secrets?: pulumi.Input<string> | undefined;
}

export const peersService = (workload: string) => `${workload}-peers`;

export function serverServices(definition: ServerDefinition): Record<string, types.input.core.v1.ServiceSpec> {
  const { workload, ports, peerPorts } = definition;
  const listed = (named: Record<string, number>) =>
    Object.entries(named).map(([name, port]) => ({ name, port, targetPort: name }));
  // Replicas look each other up before they are ready.
  const stable = { clusterIP: "None", publishNotReadyAddresses: true };
  return {
    [workload]: { selector: selector(workload), ports: listed(ports) },
    ...(peerPorts && {
      [peersService(workload)]: {
        selector: selector(workload),
        ports: listed({ ...ports, ...peerPorts }),
        ...stable,
      },
    }),
  };
}

export function serverStatefulSet(
  definition: ServerDefinition,
  hashes: ContentHashes,
): StatefulSetSpec & { replicas: number } {
  const { workload, user, size, peerPorts, metrics, uses = [], apiAccess, data } = definition;
  const annotations = {
    ...(metrics && scrapeAnnotations(metrics)),
    ...(hashes.files !== undefined && { "plinth.dev/config-hash": hashes.files }),
    ...(hashes.secrets !== undefined && { "plinth.dev/secret-hash": hashes.secrets }),
  };
  const { mounts, volumes } = serverVolumes(definition);
  return {
    serviceName: peerPorts ? peersService(workload) : workload,
    replicas: size.replicas,
    podManagementPolicy: "Parallel",
    selector: { matchLabels: selector(workload) },
    template: {
      metadata: {
        labels: { ...labels(workload), ...(peerPorts && peerLabels(workload)), ...clientLabels(uses) },
        annotations,
      },
      spec: {
        ...(apiAccess && { serviceAccountName: workload }),
        automountServiceAccountToken: apiAccess !== undefined,
        enableServiceLinks: false,
        // Longer than a store takes to write what it holds in memory.
        terminationGracePeriodSeconds: 60,
        securityContext: podSecurity(user),
        topologySpreadConstraints: topologySpread(workload),
        containers: [serverContainer(definition, mounts)],
        volumes,
      },
    },
    ...(data !== undefined && size.storage !== undefined && dataVolumeClaim(size.storage)),
  };
}

function serverContainer(definition: ServerDefinition, volumeMounts: types.input.core.v1.VolumeMount[]): Container {
  const { workload, image, args, environment = {}, secretEnvironment = {}, ports, peerPorts, probes } = definition;
  const { writableRoot = false, bindsLowPorts = false } = definition;
  const [probed] = Object.keys(ports);
  const alive =
    probes.live === undefined ? { tcpSocket: { port: probed! } } : { httpGet: { path: probes.live, port: probed! } };
  const secretName = secretOf(workload);
  return {
    name: workload,
    image,
    ...(args && { args }),
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      ...Object.entries(environment).map(([name, value]) => ({ name, value })),
      ...Object.entries(secretEnvironment).map(([name, key]) => ({
        name,
        valueFrom: { secretKeyRef: { name: secretName, key } },
      })),
    ],
    ports: Object.entries({ ...ports, ...peerPorts }).map(([name, containerPort]) => ({ name, containerPort })),
    // A store reads its log again after a crash.
    startupProbe: { ...alive, periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: probes.ready, port: probed! }, periodSeconds: 5, timeoutSeconds: 5 },
    livenessProbe: { ...alive, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4 },
    resources: definition.size.resources,
    securityContext: {
      ...containerSecurity({ writableRoot }),
      ...(bindsLowPorts && { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
    },
    volumeMounts,
  };
}

function serverVolumes({ workload, files, folders, secrets, size, data }: ServerDefinition) {
  const temporary = scratchVolumes("/tmp");
  const volumes: types.input.core.v1.Volume[] = [
    ...temporary.volumes,
    ...(files ? [{ name: "config", configMap: { name: configMapOf(workload), items: fileItems(files.texts) } }] : []),
    ...(folders
      ? [
          {
            name: "folders",
            projected: { sources: folders.configMaps.map((name) => ({ configMap: { name } })) },
          },
        ]
      : []),
    ...(secrets ? [{ name: "secrets", secret: { secretName: secretOf(workload) } }] : []),
    ...(data !== undefined && size.storage === undefined ? [{ name: "data", emptyDir: {} }] : []),
  ];
  const mounts: types.input.core.v1.VolumeMount[] = [
    ...temporary.mounts,
    ...(files ? [{ name: "config", mountPath: files.directory, readOnly: true }] : []),
    ...(folders ? [{ name: "folders", mountPath: folders.directory, readOnly: true }] : []),
    ...(secrets ? [{ name: "secrets", mountPath: SECRETS_DIRECTORY, readOnly: true }] : []),
    ...(data !== undefined ? [{ name: "data", mountPath: data }] : []),
  ];
  return { volumes, mounts };
}

/** Keys of a ConfigMap have no slashes. */
export const fileKey = (path: string) => path.replaceAll("/", ".");

const fileItems = (texts: Files) => Object.keys(texts).map((path) => ({ key: fileKey(path), path }));

export const configMapOf = (workload: string) => `${workload}-config`;
export const secretOf = (workload: string) => `${workload}-secrets`;

/** YAML contains JSON, so every program reads it, and no text needs quoting by hand. */
export const yaml = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
