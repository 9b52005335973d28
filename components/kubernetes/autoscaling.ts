import type { types } from "@pulumi/kubernetes";
import type { ServiceDescriptor } from "../descriptor.ts";
import type { Sizes } from "../sizes.ts";

/** Percent of what the containers request. Above it there are too few replicas. */
const TARGET = { cpu: 70, memory: 80 };
/** Records that one replica may be behind. */
const LAG = 500;
/** Long enough that a short lull does not end replicas which the next minute needs. */
const CALM_SECONDS = 300;

/** By processor and memory (HLS-4). Undefined where there is nothing to decide. */
export function autoscaler(name: string, { min, max }: Sizes["service"]["replicas"]) {
  if (min === max) return undefined;
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: min,
    maxReplicas: max,
    metrics: Object.entries(TARGET).map(([resource, averageUtilization]) => ({
      type: "Resource",
      resource: { name: resource, target: { type: "Utilization", averageUtilization } },
    })),
    behavior: { scaleDown: { stabilizationWindowSeconds: CALM_SECONDS } },
  } satisfies types.input.autoscaling.v2.HorizontalPodAutoscalerSpec;
}

/** The same and how far its consumer groups are behind, for KEDA, which makes an autoscaler of its own from it. */
export function scaledObject({ name, groups = {} }: ServiceDescriptor, { min, max }: Sizes["service"]["replicas"], brokers: string) {
  const usage = Object.entries(TARGET).map(([type, value]) => ({ type, metricType: "Utilization", metadata: { value: String(value) } }));
  const lag = Object.entries(groups).map(([consumerGroup, topic]) => ({
    type: "kafka",
    metadata: { bootstrapServers: brokers, consumerGroup, topic, lagThreshold: String(LAG) },
  }));
  return {
    scaleTargetRef: { name },
    minReplicaCount: min,
    maxReplicaCount: max,
    advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: CALM_SECONDS } } } },
    triggers: [...usage, ...lag],
  };
}
