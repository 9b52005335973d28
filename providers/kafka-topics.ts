import type * as pulumi from "@pulumi/pulumi";
import type { KafkaTopic } from "./clients/kafka/topics.ts";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface KafkaTopicsArgs {
  /** `host:port` of at least one broker. */
  brokers: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Where hosts like `redpanda.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** By name, so that a plan shows each topic that changes. */
  topics: pulumi.Input<Record<string, KafkaTopic>>;
  /**
   * What happens to a topic that leaves the map, and to all when the resource is destroyed.
   * @default "retain"
   */
  onDelete?: "retain" | "delete";
}

/** Resolved inputs: what the engine stores and compares. */
export interface KafkaTopicsInputs {
  brokers: string[];
  cluster?: ClusterAccess | undefined;
  topics: Record<string, KafkaTopic>;
  onDelete: "retain" | "delete";
  providerVersion: number;
}

export interface KafkaTopicsOutputs extends KafkaTopicsInputs {
  /** Partitions that the broker reports, by topic. */
  observed: Record<string, number>;
}

/**
 * A set of topics, created by one request: 1,000 topics take about as long as five requests of one.
 * Existing topics are adopted. Records are deleted only if `onDelete` says so.
 *
 * @example
 * new KafkaTopics("topics", { brokers: cluster.brokers, topics: { V1_BETS: { partitions: 6 } } });
 */
export class KafkaTopics extends DynamicResource {
  /** Partitions that the broker reports, by topic; known once all topics exist. */
  declare readonly observed: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: KafkaTopicsArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = { ...args, onDelete: args.onDelete ?? "retain", providerVersion: 1 };
    super("kafka-topics", "KafkaTopics", name, { observed: undefined, ...inputs }, opts);
  }
}
