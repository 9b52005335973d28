import { kindOf, type Metadata, namespaceOf, specOf } from "./manifest.ts";
import { type Declared, UNKNOWN } from "./policy.ts";

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

/** Anything that makes pods. */
export interface Workload {
  resource: Declared;
  kind: string;
  namespace: string;
  /** Of its pods. */
  metadata: Metadata;
  pod: PodSpec;
  /** How many pods it asks for, before any autoscaler. */
  replicas: number;
}

interface WorkloadSpec {
  replicas?: number;
  template?: PodTemplate;
  jobTemplate?: { spec?: { template?: PodTemplate } };
}

const kinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"];

/** Undefined for what makes no pods, and for what is not known yet. */
export function workload(resource: Declared): Workload | undefined {
  const kind = kindOf(resource);
  if (kind === undefined || !kinds.includes(kind) || hidden(resource)) return undefined;
  const spec = specOf<WorkloadSpec>(resource);
  const template = kind === "Pod" ? (resource.props as PodTemplate) : kind === "CronJob" ? spec.jobTemplate?.spec?.template : spec.template;
  return {
    resource,
    kind,
    namespace: namespaceOf(resource),
    metadata: template?.metadata ?? {},
    pod: template?.spec ?? {},
    replicas: kind === "Deployment" || kind === "StatefulSet" || kind === "ReplicaSet" ? (spec.replicas ?? 1) : 1,
  };
}

/** Whether its specification is a single value that only `up` will know: then no policy can judge it in a preview. */
export function hidden(resource: Declared): boolean {
  return kinds.includes(kindOf(resource) ?? "") && resource.props.spec === UNKNOWN;
}

/** Those that run until they are told to stop, and so must be probed and kept available. */
export function serves({ kind }: Workload): boolean {
  return kind !== "Job" && kind !== "CronJob";
}

export function containers({ pod }: Workload): Container[] {
  return [...(pod.initContainers ?? []), ...(pod.containers ?? [])];
}

/** The TCP ports that its containers name. */
export function ports(workload: Workload): { name?: string; number: number }[] {
  return containers(workload).flatMap((container) =>
    (container.ports ?? []).map(({ name, containerPort = 0 }) => ({ ...(name !== undefined && { name }), number: containerPort })),
  );
}

/** Runs `inspect` over each container of what makes pods, and says which container a fault is in. */
export function inContainers(resource: Declared, inspect: (container: Container, workload: Workload) => string[]): string[] {
  const found = workload(resource);
  if (found === undefined) return [];
  return containers(found).flatMap((container) => inspect(container, found).map((fault) => `container '${container.name}' ${fault}`));
}
