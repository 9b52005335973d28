import type { types } from "@pulumi/kubernetes";
import type { Sizes } from "../base/sizes.ts";
import type { ServiceDescriptor } from "./descriptor.ts";

/** Percent of what the containers request. Above it there are too few replicas. */
const TARGET_UTILIZATION_PERCENT = { cpu: 70, memory: 80 };
/** Records that one replica may be behind. */
const LAG_PER_REPLICA = 500;
/** Long enough that a short lull does not end replicas which the next minute needs. */
const SCALE_DOWN_STABILIZATION_SECONDS = 300;

/** By processor and memory (HLS-4). Undefined where there is nothing to decide. */
export function autoscalerSpec(name: string, { min, max }: Sizes["service"]["replicas"]) {
  if (min === max) return undefined;
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: min,
    maxReplicas: max,
    metrics: Object.entries(TARGET_UTILIZATION_PERCENT).map(([resource, averageUtilization]) => ({
      type: "Resource",
      resource: { name: resource, target: { type: "Utilization", averageUtilization } },
    })),
    behavior: { scaleDown: { stabilizationWindowSeconds: SCALE_DOWN_STABILIZATION_SECONDS } },
  } satisfies types.input.autoscaling.v2.HorizontalPodAutoscalerSpec;
}

/**
 * The same and how far its consumer groups are behind, for KEDA, which makes an autoscaler of its
 * own from it.
 */
export function scaledObjectSpec(
  { name, groups = {} }: ServiceDescriptor,
  { min, max }: Sizes["service"]["replicas"],
  brokers: string,
) {
  const usage = Object.entries(TARGET_UTILIZATION_PERCENT).map(([type, value]) => ({
    type,
    metricType: "Utilization",
    metadata: { value: String(value) },
  }));
  const lag = Object.entries(groups).map(([consumerGroup, topic]) => ({
    type: "kafka",
    metadata: { bootstrapServers: brokers, consumerGroup, topic, lagThreshold: String(LAG_PER_REPLICA) },
  }));
  return {
    scaleTargetRef: { name },
    minReplicaCount: min,
    maxReplicaCount: max,
    advanced: {
      horizontalPodAutoscalerConfig: {
        behavior: { scaleDown: { stabilizationWindowSeconds: SCALE_DOWN_STABILIZATION_SECONDS } },
      },
    },
    triggers: [...usage, ...lag],
  };
}
