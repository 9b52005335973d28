/** Labels of every object: the workload it belongs to, and that Pulumi manages it. */
export function labels(workload: string): Record<string, string> {
  return {
    ...selector(workload),
    app: workload,
    "app.kubernetes.io/part-of": "plinth",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}

/**
 * Selects the pods of one workload. It may never change: the selector of a StatefulSet or a
 * Deployment is immutable.
 */
export function selector(workload: string): Record<string, string> {
  return { "app.kubernetes.io/name": workload };
}

/** Skips waiting for a Service, whose workload is awaited anyway; each wait costs ten seconds. */
export const skipAwaitAnnotation = { "pulumi.com/skipAwait": "true" };
