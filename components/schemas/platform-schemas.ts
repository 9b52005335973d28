import { AvroSchemas } from "@plinth/providers/avro-schemas.ts";
import type { ClusterAccess } from "@plinth/providers/clients/kubernetes/access.ts";
import { KafkaTopics } from "@plinth/providers/kafka-topics.ts";
import { COMPATIBILITY_LEVEL, catalog, topicSpecs } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";

export interface PlatformSchemasArgs {
  /** Where broker and registry run when this machine cannot reach them by their names. */
  cluster?: pulumi.Input<ClusterAccess>;
  /** Copies of each record of a new topic. @default 1 */
  replicationFactor?: number;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  schemaRegistryUrl: pulumi.Input<string>;
  /** Text of each schema file of the catalogue, by topic. */
  schemas: Record<string, string>;
}

/**
 * The topics of the catalogue and the schemas of their values. Both outlive the stack: neither is
 * deleted with it.
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
    const topics = new KafkaTopics(
      this.childName("topics"),
      { brokers, cluster, topics: desiredTopics(replicationFactor) },
      { parent: this },
    );
    const schemas = new AvroSchemas(
      this.childName("subjects"),
      {
        registryUrl: args.schemaRegistryUrl,
        cluster,
        compatibility: COMPATIBILITY_LEVEL,
        subjects: desiredSubjects(args.schemas),
      },
      { parent: this },
    );
    this.registered = pulumi.all([schemas.registered, topics.id]).apply(([registered]) => registered);
    this.registerOutputs({ registered: this.registered });
  }
}

function desiredTopics(copies: number) {
  const replication = copies > 1 ? { replicationFactor: copies } : {};
  return Object.fromEntries(
    topicSpecs().map(({ topic, partitions, config }) => [topic, { partitions, config, ...replication }]),
  );
}

function desiredSubjects(schemas: Record<string, string>) {
  return Object.fromEntries(catalog.map(({ topic, subject }) => [subject, { schema: schemas[topic]! }]));
}
