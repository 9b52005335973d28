import { COMPATIBILITY, catalog, topicSpecs } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "./component.ts";
import { AvroSchemas } from "./providers/avro-schemas.ts";
import type { ClusterReach } from "./providers/cluster-reach.ts";
import { KafkaTopics } from "./providers/kafka-topics.ts";

export interface PlatformSchemasArgs {
  /** Where broker and registry run when this machine cannot reach them by their names. */
  cluster?: pulumi.Input<ClusterReach>;
  /** Copies of each record of a new topic. @default 1 */
  replicationFactor?: number;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  schemaRegistryUrl: pulumi.Input<string>;
  /** Text of each schema file of the catalogue, by topic. */
  schemas: Record<string, string>;
}

/**
 * The topics of the catalogue and the schemas of their values. Both outlive the stack: neither is deleted with it.
 *
 * @example
 * new PlatformSchemas("schemas", { brokers: broker.brokers, schemaRegistryUrl: broker.schemaRegistryUrl, schemas });
 */
export class PlatformSchemas extends PlatformComponent {
  /** Id and version of each subject; resolves when all topics and schemas are there. */
  readonly registered: AvroSchemas["registered"];

  constructor(name: string, args: PlatformSchemasArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformSchemas", name, undefined, opts);
    const { cluster, replicationFactor = 1 } = args;
    const brokers = pulumi.output(args.brokers).apply((list) => list.split(","));
    const topics = new KafkaTopics(this.child("topics"), { brokers, cluster, topics: wantedTopics(replicationFactor) }, { parent: this });
    const schemas = new AvroSchemas(
      this.child("subjects"),
      { registryUrl: args.schemaRegistryUrl, cluster, compatibility: COMPATIBILITY, subjects: wantedSubjects(args.schemas) },
      { parent: this },
    );
    this.registered = pulumi.all([schemas.registered, topics.id]).apply(([registered]) => registered);
    this.registerOutputs({ registered: this.registered });
  }
}

function wantedTopics(copies: number) {
  const replication = copies > 1 ? { replicationFactor: copies } : {};
  return Object.fromEntries(topicSpecs().map(({ topic, partitions, config }) => [topic, { partitions, config, ...replication }]));
}

function wantedSubjects(schemas: Record<string, string>) {
  return Object.fromEntries(catalog.map(({ topic, subject }) => [subject, { schema: schemas[topic]! }]));
}
