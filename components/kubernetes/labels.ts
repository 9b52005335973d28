/**
 * Who made an object, and which workload it belongs to: pods are selected, and policies written, by
 * these.
 */
export function labels(workload: string): Record<string, string> {
  return {
    ...selector(workload),
    app: workload,
    "app.kubernetes.io/part-of": "plinth",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}

/**
 * What tells a workload's pods from all others. May never change: a StatefulSet's and a
 * Deployment's selector is immutable.
 */
export function selector(workload: string): Record<string, string> {
  return { "app.kubernetes.io/name": workload };
}

/**
 * A Service is ready when its workload is, which is awaited anyway; awaiting both costs ten seconds
 * for each.
 */
export const skipAwaitAnnotation = { "pulumi.com/skipAwait": "true" };
