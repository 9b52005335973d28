import { randomUUID } from "node:crypto";
import { UserError } from "@plinth/local/user-error.ts";
import { ApiError, type ApiServer, ForbiddenError } from "../../clients/kubernetes/api-server.ts";
import type { ClusterInputs } from "../../cluster.ts";
import { STACK_ANNOTATION, STACK_ID_VARIABLE } from "../../stack-id.ts";
import { isUnknown } from "../host/inputs.ts";

/** Identities that a name cannot give: of the cluster, and of the stack that owns its namespace. */
export interface Identity {
  /** UID of the namespace kube-system; undefined if the user may not read it. */
  clusterUid: string | undefined;
  /** The stack whose mark the namespace has; undefined without a mark or a namespace. */
  owner: string | undefined;
  /** Whether the namespace is being deleted, with all that is in it. */
  isEnding: boolean;
}

interface NamespaceObject {
  metadata: { uid: string; annotations?: Record<string, string>; deletionTimestamp?: string };
}

/** Undefined if the user may not read it. */
export async function findClusterUid(api: ApiServer): Promise<string | undefined> {
  return (await findNamespace(api, "kube-system"))?.metadata.uid;
}

export async function readIdentity(api: ApiServer, namespace: string): Promise<Identity> {
  const [clusterUid, own] = await Promise.all([findClusterUid(api), findNamespace(api, namespace)]);
  const { annotations, deletionTimestamp } = own?.metadata ?? {};
  return { clusterUid, owner: annotations?.[STACK_ANNOTATION], isEnding: deletionTimestamp !== undefined };
}

/** Undefined if it does not exist, or if the user may not see it. */
async function findNamespace(api: ApiServer, name: string): Promise<NamespaceObject | undefined> {
  return (await api.get(`/api/v1/namespaces/${name}`).catch((error: unknown) => {
    if (error instanceof ForbiddenError || (error instanceof ApiError && error.status === 404)) return undefined;
    throw error;
  })) as NamespaceObject | undefined;
}

/**
 * Refuses another cluster under the name of the stack's context, where the state would show
 * everything unchanged, and a namespace that belongs to another stack. Returns the identities that
 * the stack has from now on.
 *
 * @param olds inputs of the last run; empty for a new stack
 */
export function judgeIdentity(
  api: ApiServer,
  { clusterUid, owner, isEnding }: Identity,
  olds: Partial<ClusterInputs>,
  news: ClusterInputs,
): Pick<ClusterInputs, "clusterUid" | "stackId"> {
  const known = (value: string | undefined) => (isUnknown(value) ? undefined : value);
  const [knownUid, knownStack] = [known(olds.clusterUid), known(olds.stackId)];
  const moves = known(olds.context) !== undefined && olds.context !== api.contextName;
  if (knownUid !== undefined && clusterUid !== undefined && knownUid !== clusterUid && !moves)
    throw new UserError(
      `the Kubernetes context '${api.contextName}' leads to another cluster than the one that this stack is in, as after 'kind delete cluster' and 'kind create cluster': switch back, or let 'make down STACK=…' forget the former and 'make up' begin in this one`,
    );
  const stackId = news.stackId ?? knownStack ?? process.env[STACK_ID_VARIABLE] ?? randomUUID();
  if (owner !== undefined && owner !== stackId)
    throw new UserError(
      `the namespace '${news.namespace}' of the Kubernetes context '${api.contextName}' belongs to another stack, ${owner}, perhaps of another clone: choose another namespace, or, if that stack's state is lost, take its place with 'pulumi config set stackId ${owner}'`,
    );
  if (isEnding)
    throw new UserError(
      `the namespace '${news.namespace}' of the Kubernetes context '${api.contextName}' is being deleted, and takes nothing new: wait until 'kubectl get namespace ${news.namespace}' no longer finds it; if this stack was in it, let 'make refresh STACK=…' then find its objects gone`,
    );
  return { stackId, ...((clusterUid ?? knownUid) !== undefined && { clusterUid: clusterUid ?? knownUid! }) };
}

/** Removes the stack's mark from its namespace, and no other stack's. */
export async function releaseNamespace(api: ApiServer, namespace: string, stackId: string): Promise<void> {
  const { owner } = await readIdentity(api, namespace);
  if (owner !== stackId) return;
  await api.patch(`/api/v1/namespaces/${namespace}`, { metadata: { annotations: { [STACK_ANNOTATION]: null } } });
}
