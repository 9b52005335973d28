import { isLostConnection } from "@plinth/providers/clients/errors.ts";
import { retry } from "@plinth/providers/clients/retry.ts";
import * as pulumi from "@pulumi/pulumi";
import { recordStack } from "../program/record.ts";
import { ApiError, type KubernetesApi, type KubernetesObject } from "./api.ts";

/**
 * Records the manifests that a stack gives to the API server, with their secrets.
 *
 * @param config replaces keys of the stack's file
 */
export async function manifestsOf(
  stack: string,
  config: Parameters<typeof recordStack>[1] = {},
): Promise<KubernetesObject[]> {
  const resources = (await recordStack(stack, config)).filter(({ type }) => type.startsWith("kubernetes:"));
  return resources.map(({ inputs }) => plain(inputs) as KubernetesObject);
}

/** A dynamic resource of a stack: what a provider on this machine does. */
export interface Provided {
  type: string;
  name: string;
  /** File of its handler, from the code for the provider host. */
  handler: string;
  inputs: Record<string, unknown>;
}

/** Records the dynamic resources of a stack, in the order of their registration. */
export async function providedBy(stack: string): Promise<Provided[]> {
  return (await recordStack(stack)).flatMap(({ type, name, inputs }) => {
    const { __provider, ...rest } = plain(inputs) as Record<string, unknown>;
    const handler = /handlers\/([\w-]+\.ts)/.exec(String(__provider))?.[1];
    return handler === undefined ? [] : [{ type: type.split(":").at(-1)!, name, handler, inputs: rest }];
  });
}

export interface Outcome {
  applied: KubernetesObject[];
  /** What the API server refused, with its reasons. */
  refused: { object: string; reason: string }[];
  /** How many requests were sent again because they got no answer. */
  resent: number;
}

/**
 * Applies namespaces first, then everything else at once: no other manifest needs another to exist.
 * Retries lost connections, as every client of an API server does.
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

/** Names the manifests that a second apply would write again. */
export async function rewritten(api: KubernetesApi, manifests: KubernetesObject[]): Promise<string[]> {
  const changed = await Promise.all(
    manifests.map(async (manifest) => ((await writes(api, manifest)) ? [nameOf(manifest)] : [])),
  );
  return changed.flat();
}

/** Tries four times, because a controller may write a status between the two reads. */
async function writes(api: KubernetesApi, manifest: KubernetesObject): Promise<boolean> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const before = await api.get(manifest);
    const after = await api.apply(manifest);
    if (before.metadata.resourceVersion === after.metadata.resourceVersion) return false;
  }
  return true;
}

/** The fields of a pod's template that tests read. */
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

/** Lists every workload with the template of its pods. */
export function templatesOf(manifests: KubernetesObject[]): { workload: KubernetesObject; template: Template }[] {
  return manifests.flatMap((workload) => {
    const { template } = (workload.spec ?? {}) as { template?: Template };
    return template === undefined ? [] : [{ workload, template }];
  });
}

/** A container's variables, also from its Secrets, but not from fields of the pod. */
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

/** Unwraps the secrets, which the mocks leave wrapped. */
function plain(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
