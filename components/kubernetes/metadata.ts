import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { labels } from "./labels.ts";

/** Metadata that every object of a workload has. */
export interface ObjectMetadata {
  name: string;
  namespace: pulumi.Output<string>;
  labels: Record<string, string>;
}

/** @param name of the object, where it differs from the workload's */
export function objectMetadata(workload: string, { namespace }: KubernetesRuntime, name = workload): ObjectMetadata {
  return { name, namespace, labels: labels(workload) };
}
