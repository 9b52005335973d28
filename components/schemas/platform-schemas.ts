import { AvroSchemas } from "@plinth/providers/avro-schemas.ts";
import type { ClusterAccess } from "@plinth/providers/clients/kubernetes/access.ts";
import { KafkaTopics } from "@plinth/providers/kafka-topics.ts";
import { COMPATIBILITY_LEVEL, catalog, topicSpecs } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";

export interface PlatformSchemasArgs {
  /** The cluster of broker and registry, when this machine cannot reach them by name. */
  cluster?: pulumi.Input<ClusterAccess>;
  /** Replicas of each partition of a new topic. @default 1 */
  replicationFactor?: number;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  schemaRegistryUrl: pulumi.Input<string>;
  /** Text of each schema in the catalogue, by topic. */
  schemas: Record<string, string>;
}

/**
 * The topics of the catalogue and the schemas of their values. Destroying the stack keeps both.
 *
 * @example
 * const addresses = { brokers: broker.endpoint.url, schemaRegistryUrl: broker.registry.url };
 * new PlatformSchemas("schemas", { ...addresses, schemas: readCheckedSchemas() });
 */
export class PlatformSchemas extends PlatformComponent {
  /** Id and version of each subject; resolves when all topics and schemas exist. */
  readonly registered: AvroSchemas["registered"];

  constructor(name: string, args: PlatformSchemasArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformSchemas", name, undefined, opts);
    const topics = this.createTopics(args);
    const subjects = this.createSubjects(args);
    this.registered = pulumi.all([subjects.registered, topics.id]).apply(([registered]) => registered);
    this.registerOutputs({ registered: this.registered });
  }

  private createTopics({ brokers, cluster, replicationFactor = 1 }: PlatformSchemasArgs): KafkaTopics {
    const args = {
      brokers: pulumi.output(brokers).apply((list) => list.split(",")),
      cluster,
      topics: desiredTopics(replicationFactor),
    };
    return new KafkaTopics(this.childName("topics"), args, { parent: this });
  }

  private createSubjects({ schemaRegistryUrl, cluster, schemas }: PlatformSchemasArgs): AvroSchemas {
    const subjects = desiredSubjects(schemas);
    return new AvroSchemas(
      this.childName("subjects"),
      { registryUrl: schemaRegistryUrl, cluster, compatibility: COMPATIBILITY_LEVEL, subjects },
      { parent: this },
    );
  }
}

/** Partitions and retention of each topic are set in `schemas/catalog.ts`. */
function desiredTopics(replicationFactor: number) {
  const replication = replicationFactor > 1 ? { replicationFactor } : {};
  return Object.fromEntries(
    topicSpecs().map(({ topic, partitions, config }) => [topic, { partitions, config, ...replication }]),
  );
}

function desiredSubjects(schemas: Record<string, string>) {
  return Object.fromEntries(catalog.map(({ topic, subject }) => [subject, { schema: schemas[topic]! }]));
}
