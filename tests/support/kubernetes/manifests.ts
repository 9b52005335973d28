import { isLostConnection } from "@plinth/providers/clients/errors.ts";
import { retry } from "@plinth/providers/clients/retry.ts";
import * as pulumi from "@pulumi/pulumi";
import { recordStack } from "../../../cli/program/record.ts";
import { ApiError, type KubernetesApi, type KubernetesObject } from "./api.ts";

/** Everything that a stack gives to the API server, whole, secrets included. */
export async function manifestsOf(stack: string): Promise<KubernetesObject[]> {
  const resources = (await recordStack(stack)).filter(({ type }) => type.startsWith("kubernetes:"));
  return resources.map(({ inputs }) => plain(inputs) as KubernetesObject);
}

/** One of our own resources: what a provider on this machine does with a cluster. */
export interface Provided {
  type: string;
  name: string;
  /** File of its handler, as the provider host of the engine is told. */
  handler: string;
  inputs: Record<string, unknown>;
}

/** Everything that a stack has our own providers do, in the order in which it asks for it. */
export async function providedBy(stack: string): Promise<Provided[]> {
  return (await recordStack(stack)).flatMap(({ type, name, inputs }) => {
    const { __provider, ...rest } = plain(inputs) as Record<string, unknown>;
    const handler = /handlers\/([\w-]+\.ts)/.exec(String(__provider))?.[1];
    return handler === undefined ? [] : [{ type: type.split(":").at(-1)!, name, handler, inputs: rest }];
  });
}

export interface Outcome {
  applied: KubernetesObject[];
  /** What the API server refused, in its words. None: all were accepted. */
  refused: { object: string; reason: string }[];
  /** How often a request got no answer and was sent again. */
  resent: number;
}

/**
 * Applies namespaces first, then all the rest at once: nothing else of ours waits for anything else
 * of ours to exist. A lost connection is tried again, as every client of an API server does.
 */
export async function applyAll(api: KubernetesApi, manifests: KubernetesObject[]): Promise<Outcome> {
  const outcome: Outcome = { applied: [], refused: [], resent: 0 };
  const transient = (error: unknown) => {
    const again = isLostConnection(error) || (error instanceof ApiError && error.status >= 500);
    if (again) outcome.resent++;
    return again;
  };
  const one = async (manifest: KubernetesObject) => {
    try {
      outcome.applied.push(await retry({ deadlineMs: 60_000, isTransient: transient }, () => api.apply(manifest)));
    } catch (error) {
      outcome.refused.push({ object: nameOf(manifest), reason: (error as Error).message });
    }
  };
  const isNamespace = ({ kind }: KubernetesObject) => kind === "Namespace";
  await Promise.all(manifests.filter(isNamespace).map(one));
  await Promise.all(manifests.filter((manifest) => !isNamespace(manifest)).map(one));
  return outcome;
}

/** Which of them another application would write anew: none, once an apply is what it should be. */
export async function rewritten(api: KubernetesApi, manifests: KubernetesObject[]): Promise<string[]> {
  const changed = await Promise.all(
    manifests.map(async (manifest) => ((await writes(api, manifest)) ? [nameOf(manifest)] : [])),
  );
  return changed.flat();
}

/** A controller may write its status between the two looks, so that one difference says nothing. */
async function writes(api: KubernetesApi, manifest: KubernetesObject): Promise<boolean> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const before = await api.get(manifest);
    const after = await api.apply(manifest);
    if (before.metadata.resourceVersion === after.metadata.resourceVersion) return false;
  }
  return true;
}

/** The part of a pod's template that tests look at. */
export interface Template {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: { containers: Container[]; [field: string]: unknown };
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  envFrom?: { secretRef: { name: string } }[];
  ports?: { name?: string; containerPort: number }[];
  [field: string]: unknown;
}

/** Every workload among the manifests, with its pods' template. */
export function templatesOf(manifests: KubernetesObject[]): { workload: KubernetesObject; template: Template }[] {
  return manifests.flatMap((workload) => {
    const { template } = (workload.spec ?? {}) as { template?: Template };
    return template === undefined ? [] : [{ workload, template }];
  });
}

/** A container's variables, those of its Secrets included; fields of the pod are left out. */
export function environmentOf(
  { env = [], envFrom = [] }: Container,
  manifests: KubernetesObject[],
): Record<string, string> {
  const secrets = envFrom.map(({ secretRef }) =>
    manifests.find(({ kind, metadata }) => kind === "Secret" && metadata.name === secretRef.name),
  );
  const plainly = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
  return Object.assign({}, ...secrets.map((secret) => secret?.stringData), Object.fromEntries(plainly));
}

export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}

/** A secret comes out of the mocks in its wrapping. */
function plain(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
