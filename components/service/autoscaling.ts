import type { types } from "@pulumi/kubernetes";
import type { Sizes } from "../base/sizes.ts";
import type { ServiceDescriptor } from "./descriptor-rule.ts";

/** Percent of the requested resources; the autoscaler adds replicas above it. */
const TARGET_UTILIZATION_PERCENT = { cpu: 70, memory: 80 };
/** Consumer lag, in records, that one replica may have. */
const LAG_PER_REPLICA = 500;
/** Long enough that a short lull does not remove replicas which the next minute needs. */
const SCALE_DOWN_STABILIZATION_SECONDS = 300;

/** Scales by processor and memory (HLS-4). Undefined when the number of replicas is fixed. */
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

/** Scales by the lag of the consumer groups too; KEDA creates an autoscaler from it. */
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
