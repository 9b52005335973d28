import type { DeclaredResource } from "./policy.ts";

/** The parts of manifests that policies read. All are optional, since a manifest may be wrong. */
export interface Metadata {
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** `Deployment` for `kubernetes:apps/v1:Deployment`; undefined for types outside of Kubernetes. */
export function kindOf({ type }: DeclaredResource): string | undefined {
  return type.startsWith("kubernetes:") ? type.split(":")[2] : undefined;
}

export function metadataOf({ props }: DeclaredResource): Metadata {
  return (props.metadata as Metadata | undefined) ?? {};
}

/** Manifests without a namespace share "default". */
export function namespaceOf(resource: DeclaredResource): string {
  return metadataOf(resource).namespace ?? "default";
}

/** The name in the cluster; without one in the manifest, Pulumi derives it from the resource's. */
export function nameOf(resource: DeclaredResource): string {
  return metadataOf(resource).name ?? resource.name;
}

export function specOf<Spec>({ props }: DeclaredResource): Spec {
  return (props.spec ?? {}) as Spec;
}

/** By Kubernetes' rules: an empty selector selects everything, an absent one nothing. */
export function selects(selector: LabelSelector | undefined, labels: Record<string, string>): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels));
}

function matchesExpression(
  { key, operator, values = [] }: NonNullable<LabelSelector["matchExpressions"]>[number],
  labels: Record<string, string>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}
