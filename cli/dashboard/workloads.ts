import type { Resource } from "@plinth/local/page/model/resource.ts";
import type { SecretMask } from "@plinth/local/page/sources/secrets.ts";

/** The fields of a pod that are used here. */
export interface WorkloadPod {
  metadata: { name: string; creationTimestamp?: string; labels?: Record<string, string> };
  spec: {
    containers: {
      name: string;
      ports?: { name?: string; containerPort: number }[];
      env?: { name: string; value?: string; valueFrom?: unknown }[];
    }[];
  };
  status: {
    phase?: string;
    startTime?: string;
    conditions?: { type: string; status: string; lastTransitionTime?: string }[];
    containerStatuses?: {
      restartCount: number;
      state?: { waiting?: { reason?: string } };
      lastState?: { terminated?: { exitCode?: number; reason?: string } };
    }[];
  };
}

/** What a pod uses, from the API `metrics.k8s.io`. */
export interface PodUsage {
  cpu: number;
  memory: number;
}

const KINDS: [pattern: RegExp, kind: Resource["kind"]][] = [
  [/^(citus|postgres)/, "database"],
  [/^redis/, "cache"],
  [/^redpanda/, "broker"],
  [/^(loki|alloy|prometheus|alertmanager|tempo|grafana|kube-state-metrics|node-exporter)/, "observability"],
];
const NAME_LABEL = "app.kubernetes.io/name";

export interface WorkloadFacts {
  namespace: string;
  /** Names of services, with those of the workloads that each connects to. */
  uses: ReadonlyMap<string, string[]>;
  usage: ReadonlyMap<string, PodUsage>;
  mask: SecretMask;
}

/** The pods of a namespace as resources, one for each workload. */
export function toResources(pods: readonly WorkloadPod[], facts: WorkloadFacts): Resource[] {
  const workloads = Map.groupBy(pods, workloadOf);
  return [...workloads]
    .map(([name, members]) => toResource(name, members, facts))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function workloadOf({ metadata }: Pick<WorkloadPod, "metadata">): string {
  return metadata.labels?.[NAME_LABEL] ?? metadata.name;
}

function toResource(name: string, pods: readonly WorkloadPod[], facts: WorkloadFacts): Resource {
  const statuses = pods.flatMap(({ status }) => status.containerStatuses ?? []);
  const ended = statuses.flatMap(({ lastState }) => lastState?.terminated ?? [])[0];
  const used = pods.flatMap(({ metadata }) => facts.usage.get(metadata.name) ?? []);
  const total = (of: (usage: PodUsage) => number) => used.reduce((sum, usage) => sum + of(usage), 0);
  return {
    name,
    kind: kindOf(name, facts),
    state: stateOf(pods),
    since: sinceOf(pods),
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    ...(ended && { lastExit: ended.reason ?? `exit code ${ended.exitCode ?? "unknown"}` }),
    endpoints: endpointsOf(name, pods[0], facts.namespace),
    ...(used.length > 0 && { cpu: total(({ cpu }) => cpu), memory: total(({ memory }) => memory) }),
    environment: environmentOf(pods[0], facts.mask),
    uses: facts.uses.get(name) ?? [],
    actions: [],
  };
}

function kindOf(name: string, { uses }: WorkloadFacts): Resource["kind"] {
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? (uses.has(name) ? "service" : "other");
}

function stateOf(pods: readonly WorkloadPod[]): Resource["state"] {
  const waiting = pods
    .flatMap(({ status }) => status.containerStatuses ?? [])
    .map(({ state }) => state?.waiting?.reason);
  if (pods.some(({ status }) => status.phase === "Failed")) return "failed";
  if (waiting.some((reason) => reason !== undefined && /BackOff|Err/.test(reason))) return "backing-off";
  const isReady = ({ status }: WorkloadPod) =>
    status.phase === "Succeeded" ||
    (status.conditions ?? []).some(({ type, status: holds }) => type === "Ready" && holds === "True");
  return pods.every(isReady) ? "ready" : "starting";
}

function sinceOf(pods: readonly WorkloadPod[]): string {
  const times = pods.map(
    ({ metadata, status }) =>
      status.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime ??
      status.startTime ??
      metadata.creationTimestamp ??
      "",
  );
  return times.sort().at(-1) ?? "";
}

function endpointsOf(name: string, pod: WorkloadPod | undefined, namespace: string): Resource["endpoints"] {
  const ports = pod?.spec.containers.flatMap((container) => container.ports ?? []) ?? [];
  return ports.map(({ name: port = "tcp", containerPort }) => ({
    name: port,
    url: `${/http|metrics/.test(port) ? "http://" : ""}${name}.${namespace}.svc:${containerPort}`,
  }));
}

/** What comes from a Secret or another object is not in the pod, and is shown as secret. */
function environmentOf(pod: WorkloadPod | undefined, mask: SecretMask): Record<string, string> {
  const variables = pod?.spec.containers[0]?.env ?? [];
  const [plain, hidden] = [new Map<string, string>(), new Map<string, string>()];
  for (const { name, value, valueFrom } of variables) {
    if (valueFrom === undefined) plain.set(name, value ?? "");
    else hidden.set(name, "");
  }
  return mask.environment(Object.fromEntries(plain), Object.fromEntries(hidden));
}
