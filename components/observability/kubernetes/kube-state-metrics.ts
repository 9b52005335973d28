import * as pulumi from "@pulumi/pulumi";
import { imageOf, type ObservabilityContext } from "./context.ts";
import type { ServerDefinition } from "./server.ts";

export const KUBE_STATE_METRICS = "kube-state-metrics";
const PORT = 8080;
/** `nobody` in the image. */
const USER_ID = 65_534;

/** What it tells of, by API group. No Secrets and no ConfigMaps. */
const resources = {
  "": ["pods", "services", "persistentvolumeclaims"],
  apps: ["deployments", "statefulsets", "daemonsets", "replicasets"],
  autoscaling: ["horizontalpodautoscalers"],
  policy: ["poddisruptionbudgets"],
};

/** Metrics of the stack's objects: replicas that are missing, restarts, volumes, autoscalers. */
export function kubeStateMetricsServer(context: ObservabilityContext): ServerDefinition {
  const { runtime, nodes, sizes } = context;
  return {
    workload: KUBE_STATE_METRICS,
    image: imageOf(context, "kubeStateMetrics"),
    user: USER_ID,
    args: [
      `--port=${PORT}`,
      // Expanded from the variables.
      "--namespaces=$(NAMESPACES)",
      `--resources=${Object.values(resources).flat().join(",")}`,
    ],
    environment: { NAMESPACES: pulumi.interpolate`${runtime.namespace},${nodes}` },
    ports: { http: PORT },
    probes: { ready: "/healthz", live: "/healthz" },
    size: sizes.kubeStateMetrics,
    metrics: { port: PORT, path: "/metrics" },
    apiAccess: {
      namespaces: { "": runtime.namespace, "-nodes": nodes },
      rules: Object.entries(resources).map(([apiGroup, names]) => ({
        apiGroups: [apiGroup],
        resources: names,
        verbs: ["list", "watch"],
      })),
      reason: "it tells of the stack's objects, which it lists in its two namespaces",
    },
  };
}
