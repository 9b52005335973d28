import { ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";

/** The fields of a pod that are used here. */
export interface ObservedPod {
  metadata: { name: string; deletionTimestamp?: string };
  status?: {
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount: number;
  image?: string;
  state?: { waiting?: { reason?: string; message?: string } };
  lastState?: { terminated?: { exitCode?: number; reason?: string } };
}

export interface ObservedEvent {
  involvedObject: { kind: string; name: string };
  reason?: string;
  message?: string;
  lastTimestamp?: string | null;
  eventTime?: string | null;
}

export interface ObservedClaim {
  metadata: { name: string };
  status?: { phase?: string };
}

export interface Observation {
  pods: readonly ObservedPod[];
  claims: readonly ObservedClaim[];
  events: readonly ObservedEvent[];
}

/** Milliseconds after which an event no longer says what is wrong now. */
const EVENT_LIFETIME_MS = 120_000;
/** While a container is only created or pulled, nothing is wrong yet. */
const USUAL_WAITS = new Set(["ContainerCreating", "PodInitializing"]);
const CLAIM_EVENTS = new Set(["ProvisioningFailed", "FailedBinding"]);

async function observePods(api: ApiServer, namespace: string): Promise<Observation> {
  const list = async (kind: string) =>
    ((await api.get(`/api/v1/namespaces/${namespace}/${kind}`)) as { items: never[] }).items;
  const [pods, claims, events] = await Promise.all([list("pods"), list("persistentvolumeclaims"), list("events")]);
  return { pods, claims, events };
}

/** As {@link findPodProblems}, of a stack's namespace as it is now. */
export async function readPodProblems({
  context,
  namespace,
}: {
  context: string | undefined;
  namespace: string;
}): Promise<string[]> {
  return findPodProblems(await observePods(await ApiServer.forContext(context), namespace));
}

/** Why pods do not become ready, in one sentence each, in the cluster's own words. */
export function findPodProblems({ pods, claims, events }: Observation, now = Date.now()): string[] {
  const recent = events.filter((event) => now - timeOf(event) < EVENT_LIFETIME_MS);
  const latest = (kind: string, name: string, isMeant: (reason: string) => boolean) =>
    recent
      .filter(
        ({ involvedObject, reason }) =>
          involvedObject.kind === kind && involvedObject.name === name && isMeant(reason ?? ""),
      )
      .sort((a, b) => timeOf(b) - timeOf(a))[0]?.message;
  const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ofPods = live.flatMap((pod) => {
    const { name } = pod.metadata;
    const mount = isReady(pod)
      ? undefined
      : latest("Pod", name, (reason) => /^Failed(Mount|AttachVolume)$/.test(reason));
    const probe = isReady(pod) ? undefined : latest("Pod", name, (reason) => reason === "Unhealthy");
    const own = [...unschedulable(pod), ...waitingContainers(pod)];
    const seen = [mount, probe].flatMap((message) => (message === undefined ? [] : [`pod ${name}: ${message}`]));
    return own.length > 0 ? own : seen.slice(0, 1);
  });
  const ofClaims = claims.flatMap(({ metadata, status }) => {
    const message =
      status?.phase === "Pending" &&
      latest("PersistentVolumeClaim", metadata.name, (reason) => CLAIM_EVENTS.has(reason));
    return message ? [`volume claim ${metadata.name} is pending: ${message}`] : [];
  });
  // A quota or Pod Security refuses the pod itself, so only its owner tells.
  const owners = new Map(
    recent
      .filter(({ reason }) => reason === "FailedCreate")
      .map(({ involvedObject: { kind, name }, message }) => [`${kind} ${name}`, message]),
  );
  const ofOwners = [...owners].map(([owner, message]) => `${owner} cannot create its pods: ${message}`);
  return [...ofPods, ...ofClaims, ...ofOwners].map((sentence) => sentence.replaceAll(/\s+/g, " ").trim());
}

const isReady = ({ status }: ObservedPod) =>
  status?.conditions?.some(({ type, status: holds }) => type === "Ready" && holds === "True") ?? false;

function timeOf({ lastTimestamp, eventTime }: ObservedEvent): number {
  return Date.parse(lastTimestamp ?? eventTime ?? "") || 0;
}

function unschedulable({ metadata, status }: ObservedPod): string[] {
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status !== "False") return [];
  return [`pod ${metadata.name} cannot be scheduled: ${scheduled.message ?? scheduled.reason}`];
}

function waitingContainers({ metadata, status }: ObservedPod): string[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap((container) => {
    const { waiting } = container.state ?? {};
    if (waiting?.reason === undefined || USUAL_WAITS.has(waiting.reason)) return [];
    const ended = container.lastState?.terminated;
    const facts =
      waiting.reason === "CrashLoopBackOff"
        ? `it ended with ${ended?.exitCode ?? "?"}${ended?.reason ? ` (${ended.reason})` : ""} and was restarted ${container.restartCount} times; 'make logs' shows why`
        : (waiting.message ?? container.image ?? "");
    return [`pod ${metadata.name}, container ${container.name}: ${waiting.reason}: ${facts}`];
  });
}
