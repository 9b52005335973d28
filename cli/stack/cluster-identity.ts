import { existsSync, statSync } from "node:fs";
import { UserError } from "@plinth/local/user-error.ts";
import { errorReason } from "@plinth/providers/clients/errors.ts";
import { ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";
import { findKubeconfigFiles } from "@plinth/providers/clients/kubernetes/kubeconfig.ts";
import {
  findClusterUid,
  type Identity,
  readIdentity,
  releaseNamespace,
} from "@plinth/providers/handlers/checks/cluster-identity.ts";
import { deleteForgottenObjects } from "./cluster-sweep.ts";
import type { Engine } from "./engine.ts";
import { readStateResources } from "./outputs.ts";
import { readStackFile } from "./stack-file.ts";
import { editState } from "./state-edit.ts";

/** A stack's place in a cluster, as its state records it. */
export interface RecordedPlace {
  context: string;
  namespace: string;
  clusterUid: string | undefined;
  stackId: string | undefined;
}

/** Undefined for a stack that is not up, or not in a cluster. */
export function readRecordedPlace(engine: Engine): RecordedPlace | undefined {
  const cluster = readStateResources(engine).find(({ type }) => type === "pulumi-nodejs:dynamic/plinth:Cluster");
  const { context, namespace, clusterUid, stackId } = cluster?.inputs ?? {};
  if (context === undefined || namespace === undefined) return undefined;
  return { context, namespace, clusterUid, stackId };
}

/**
 * Forgets what a development stack had in a cluster that is gone: another one answers under the
 * name of its context. Production is left to a person, by the program's refusal. A cluster whose
 * context has another name now is not gone: the state follows.
 *
 * @param options.force also when the kubeconfig no longer has the context
 * @throws {@link UserError} for a namespace that belongs to another stack: `down` would delete its
 * objects
 */
export async function forgetGoneCluster(engine: Engine, { force = false } = {}): Promise<void> {
  const place = readRecordedPlace(engine);
  if (place === undefined) return;
  const isDevelopment = !readStackFile(engine.stack).production;
  const state = await compareWithCluster(place, readStackFile(engine.stack).context);
  if (state.kind === "renamed") return renameContext(engine, place.context, state.context);
  if (state.kind === "foreign")
    throw new UserError(
      `The namespace '${place.namespace}' belongs to another stack by now, ${state.owner}: the objects that this stack's state names are that stack's. To forget them, type: pulumi stack rm --force --preserve-config --stack ${engine.stack}`,
    );
  if (state.kind === "no context" && isDevelopment && !force)
    throw new UserError(
      `${state.reason}. If the cluster of stack '${engine.stack}' is gone, 'make down STACK=${engine.stack} PURGE=1' forgets it`,
    );
  if (!isDevelopment || (state.kind !== "another cluster" && state.kind !== "no context")) return;
  await editState(engine, ({ deployment: { resources: _, pending_operations: __, ...rest }, ...exported }) => ({
    ...exported,
    deployment: rest,
  }));
  engine.note?.clear();
  console.error(
    `The cluster of stack '${engine.stack}' is gone (${state.kind === "no context" ? state.reason : `the context '${place.context}' leads to another`}): what it had there is forgotten.`,
  );
}

/** True after any change of contexts, as by 'kind create cluster', since the state was written. */
export function isKubeconfigNewer({ stateFile }: Engine): boolean {
  if (stateFile === undefined || !existsSync(stateFile)) return false;
  const written = statSync(stateFile).mtimeMs;
  try {
    return findKubeconfigFiles().some((file) => statSync(file).mtimeMs > written);
  } catch {
    // Without a kubeconfig the program says what is missing.
    return true;
  }
}

type Comparison =
  | { kind: "same" | "another cluster" | "silent" }
  | { kind: "foreign"; owner: string }
  | { kind: "renamed"; context: string }
  | { kind: "no context"; reason: string };

/** @param configured the context that the stack's file names */
async function compareWithCluster(
  { context, namespace, clusterUid, stackId }: RecordedPlace,
  configured: string | undefined,
): Promise<Comparison> {
  let identity: Identity;
  try {
    identity = await readIdentity(await ApiServer.forContext(context), namespace);
  } catch (error) {
    const reason = errorReason(error);
    // The engine, too, will meet a cluster that does not answer, and reports it.
    if (!/^no Kubernetes context/.test(reason)) return { kind: "silent" };
    const other = clusterUid === undefined ? undefined : await findContextOf(clusterUid, configured);
    return other === undefined ? { kind: "no context", reason } : { kind: "renamed", context: other };
  }
  const { clusterUid: found, owner } = identity;
  if (found !== undefined && clusterUid !== undefined && found !== clusterUid) return { kind: "another cluster" };
  return owner !== undefined && stackId !== undefined && owner !== stackId
    ? { kind: "foreign", owner }
    : { kind: "same" };
}

/** The configured or the current context, if it leads to this cluster. */
async function findContextOf(clusterUid: string, configured: string | undefined): Promise<string | undefined> {
  try {
    const api = await ApiServer.forContext(configured);
    return (await findClusterUid(api)) === clusterUid ? api.contextName : undefined;
  } catch {
    return undefined;
  }
}

/** Types of resources that hold the name of the context. */
const WITH_CONTEXT = /^(pulumi-nodejs:dynamic\/|pulumi:providers:kubernetes$|pulumi:pulumi:Stack$)/;

/** In a plan, another name would replace the provider, and with it every object. */
async function renameContext(engine: Engine, from: string, to: string): Promise<void> {
  const rename = (key: string, value: unknown) => (key === "context" && value === from ? to : value);
  await editState(engine, (state) => ({
    ...state,
    deployment: {
      ...state.deployment,
      resources: (state.deployment.resources ?? []).map((resource) =>
        WITH_CONTEXT.test(resource.type) ? (JSON.parse(JSON.stringify(resource, rename)) as typeof resource) : resource,
      ),
    },
  }));
  console.error(
    `The Kubernetes context '${from}' of stack '${engine.stack}' is called '${to}' now: the state follows.`,
  );
}

/**
 * The place of a stack that a killed engine may have changed without a word in the state; undefined
 * unless the namespace bears the mark of this stack.
 */
export async function findMarkedPlace(engine: Engine): Promise<MarkedPlace | undefined> {
  const file = readStackFile(engine.stack);
  const recorded = readRecordedPlace(engine);
  const stackId = recorded?.stackId ?? file.stackId ?? engine.stackId;
  const namespace = recorded?.namespace ?? file.namespace;
  try {
    const api = await ApiServer.forContext(recorded?.context ?? file.context);
    const { owner } = await readIdentity(api, namespace);
    return owner !== undefined && owner === stackId ? { api, namespace, stackId } : undefined;
  } catch {
    // The engine, too, will meet a cluster that does not answer, and reports it.
    return undefined;
  }
}

interface MarkedPlace {
  api: ApiServer;
  namespace: string;
  stackId: string;
}

/**
 * Deletes what killed engines created and did not write down; to be called after a successful
 * `destroy`.
 */
export async function deleteForgotten({ api, namespace, stackId }: MarkedPlace): Promise<void> {
  const names = await deleteForgottenObjects(api, namespace);
  await releaseNamespace(api, namespace, stackId);
  if (names.length > 0) console.error(`Deleted what a killed engine had left: ${names.join(", ")}`);
}
