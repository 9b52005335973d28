import type { ExistingTopic, KafkaTopic } from "../../clients/kafka/topics.ts";
import { isUnknown } from "../host/inputs.ts";

export type Topics = Record<string, KafkaTopic>;

/** Finds the mistakes in declared topics, and the changes that a topic with records cannot make. */
export function findTopicErrors(olds: Topics | undefined, news: Topics): string[] {
  return Object.entries(news).flatMap(([name, topic]) => {
    const old = isUnknown(olds) ? undefined : olds?.[name];
    return [...findDeclarationErrors(name, topic), ...(old ? findUnsupportedChanges(name, old, topic) : [])];
  });
}

function findDeclarationErrors(name: string, { partitions, replicationFactor = 1, config = {} }: KafkaTopic): string[] {
  const reasons: string[] = [];
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(name) || name === "." || name === "..") {
    reasons.push(`'${name}' is not a Kafka topic name: 1 to 249 of A-Z a-z 0-9 . _ -, and neither '.' nor '..'`);
  }
  for (const [field, count] of Object.entries({ partitions, replicationFactor })) {
    if (!Number.isInteger(count) || count < 1)
      reasons.push(`topic ${name}: ${field} is ${count}, but a whole number of at least 1 is needed`);
  }
  for (const [key, value] of Object.entries(config)) {
    if (typeof value !== "string")
      reasons.push(`topic ${name}: config ${key} is ${value}, but a text is needed, as in "${value}"`);
  }
  return reasons;
}

/** Finds the changes that the broker refuses, or that this provider does not make to records. */
export function findUnsupportedChanges(name: string, from: KafkaTopic | ExistingTopic, to: KafkaTopic): string[] {
  const [replicas, declaredReplicas] = [from.replicationFactor ?? 1, to.replicationFactor ?? 1];
  return [
    ...(to.partitions < from.partitions ? [shrinkMessage(name, from.partitions, to.partitions)] : []),
    ...(declaredReplicas !== replicas ? [replicationMessage(name, replicas, declaredReplicas)] : []),
  ];
}

const shrinkMessage = (name: string, from: number, to: number) =>
  `topic ${name} has ${from} partitions and cannot shrink to ${to}, because keys would move: ask for ${from} or more`;

const replicationMessage = (name: string, from: number, to: number) =>
  `topic ${name} has replicationFactor ${from} and ${to} is asked for: move its replicas with kafka-reassign-partitions.sh, then change it here`;
