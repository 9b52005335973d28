import { kindOf, type Metadata, namespaceOf, specOf } from "./manifest.ts";
import { type DeclaredResource, UNKNOWN } from "./policy.ts";

export interface Probe {
  httpGet?: { port?: number | string };
  tcpSocket?: { port?: number | string };
  grpc?: { port?: number | string };
  exec?: { command?: string[] };
}

export interface Container {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name?: string; value?: string; valueFrom?: unknown }[];
  ports?: { name?: string; containerPort?: number; hostPort?: number }[];
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  startupProbe?: Probe;
  resources?: { requests?: Record<string, string | number>; limits?: Record<string, string | number> };
  restartPolicy?: string;
  securityContext?: SecurityContext & {
    privileged?: boolean;
    allowPrivilegeEscalation?: boolean;
    capabilities?: { add?: string[]; drop?: string[] };
  };
}

interface SecurityContext {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type?: string };
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  securityContext?: SecurityContext;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  automountServiceAccountToken?: boolean;
  volumes?: { name?: string; hostPath?: unknown }[];
}

interface PodTemplate {
  metadata?: Metadata;
  spec?: PodSpec;
}

/** An object that creates pods. */
export interface Workload {
  resource: DeclaredResource;
  kind: string;
  namespace: string;
  /** Metadata of its pods. */
  metadata: Metadata;
  pod: PodSpec;
  /** How many pods it requests, before any autoscaler. */
  replicas: number;
}

interface WorkloadSpec {
  replicas?: number;
  template?: PodTemplate;
  jobTemplate?: { spec?: { template?: PodTemplate } };
}

const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"];

/** Undefined for an object that creates no pods, and for one whose spec is unknown. */
export function readWorkload(resource: DeclaredResource): Workload | undefined {
  const kind = kindOf(resource);
  if (kind === undefined || !workloadKinds.includes(kind) || hasUnknownSpec(resource)) return undefined;
  const spec = specOf<WorkloadSpec>(resource);
  const template =
    kind === "Pod"
      ? (resource.props as PodTemplate)
      : kind === "CronJob"
        ? spec.jobTemplate?.spec?.template
        : spec.template;
  return {
    resource,
    kind,
    namespace: namespaceOf(resource),
    metadata: template?.metadata ?? {},
    pod: template?.spec ?? {},
    replicas: kind === "Deployment" || kind === "StatefulSet" || kind === "ReplicaSet" ? (spec.replicas ?? 1) : 1,
  };
}

/** Whether the whole spec is a value that only `up` knows, so that a preview cannot judge it. */
export function hasUnknownSpec(resource: DeclaredResource): boolean {
  return workloadKinds.includes(kindOf(resource) ?? "") && resource.props.spec === UNKNOWN;
}

/** Whether the pods run until they are stopped, and so must be probed and kept available. */
export function isLongRunning({ kind }: Workload): boolean {
  return kind !== "Job" && kind !== "CronJob";
}

export function allContainers({ pod }: Workload): Container[] {
  return [...(pod.initContainers ?? []), ...(pod.containers ?? [])];
}

/** The TCP ports that its containers declare. */
export function containerPorts(workload: Workload): { name?: string; number: number }[] {
  return allContainers(workload).flatMap((container) =>
    (container.ports ?? []).map(({ name, containerPort = 0 }) => ({
      ...(name !== undefined && { name }),
      number: containerPort,
    })),
  );
}

/** Runs `inspect` over each container of a workload, and names the container in each violation. */
export function inspectContainers(
  resource: DeclaredResource,
  inspect: (container: Container, workload: Workload) => string[],
): string[] {
  const workload = readWorkload(resource);
  if (workload === undefined) return [];
  return allContainers(workload).flatMap((container) =>
    inspect(container, workload).map((violation) => `container '${container.name}' ${violation}`),
  );
}
