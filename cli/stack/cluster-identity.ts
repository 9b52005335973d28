import { existsSync, statSync } from "node:fs";
import { UserError } from "@plinth/local/user-error.ts";
import { errorReason } from "@plinth/providers/clients/errors.ts";
import { ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";
import { findKubeconfigFiles } from "@plinth/providers/clients/kubernetes/kubeconfig.ts";
import { type Identity, readIdentity, releaseNamespace } from "@plinth/providers/handlers/checks/cluster-identity.ts";
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
 * name of its context. Production is left to a person, by the program's refusal.
 *
 * @param options.force also when the kubeconfig no longer has the context
 * @throws {@link UserError} for a namespace that belongs to another stack: `down` would delete its
 * objects
 */
export async function forgetGoneCluster(engine: Engine, { force = false } = {}): Promise<void> {
  const place = readRecordedPlace(engine);
  if (place === undefined) return;
  const isDevelopment = !readStackFile(engine.stack).production;
  const state = await compareWithCluster(place);
  if (state.kind === "foreign")
    throw new UserError(
      `The namespace '${place.namespace}' belongs to another stack by now, ${state.owner}: the objects that this stack's state names are that stack's`,
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
  | { kind: "no context"; reason: string };

async function compareWithCluster({ context, namespace, clusterUid, stackId }: RecordedPlace): Promise<Comparison> {
  let identity: Identity;
  try {
    identity = await readIdentity(await ApiServer.forContext(context), namespace);
  } catch (error) {
    const reason = errorReason(error);
    // The engine, too, will meet a cluster that does not answer, and reports it.
    return /^no Kubernetes context/.test(reason) ? { kind: "no context", reason } : { kind: "silent" };
  }
  const { clusterUid: found, owner } = identity;
  if (found !== undefined && clusterUid !== undefined && found !== clusterUid) return { kind: "another cluster" };
  return owner !== undefined && stackId !== undefined && owner !== stackId
    ? { kind: "foreign", owner }
    : { kind: "same" };
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
