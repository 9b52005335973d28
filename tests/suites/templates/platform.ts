import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { registerCompressionCodecs } from "@plinth/kit/kafka/compression/codecs.ts";
import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { RegistryClient } from "@plinth/providers/clients/registry/client.ts";
import { registerSubjects } from "@plinth/providers/clients/registry/register.ts";
import { COMPATIBILITY_LEVEL } from "@plinth/schemas/catalog.ts";
import type { SystemEvent } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import { Kafka, logLevel, Partitioners, type Producer } from "kafkajs";
import { kafka, once, registry } from "../../support/servers/servers.ts";
import { makeTopics } from "../../support/servers/topics.ts";

/** A broker and a registry with this suite's topic, its dead letters and its schema. */
export interface TemplatePlatform {
  topic: string;
  deadLetters: string;
  brokers: string;
  registryUrl: string;
  /** The variables that the platform gives a service. */
  environment: Record<string, string>;
  client: Kafka;
  producer: Producer;
  /** Encodes as the repository's services do. */
  encode(event: SystemEvent): Buffer;
  decode(frame: Buffer): Promise<SystemEvent>;
  /** Registers another version of the schema; returns its id. */
  register(schema: string): Promise<number>;
  /** Members of a consumer group, by their client ids. */
  members(group: string): Promise<string[]>;
  close(): Promise<void>;
}

const client = once(async () => {
  // The Go template's client compresses.
  registerCompressionCodecs();
  return new Kafka({ clientId: "tests", brokers: [(await kafka()).url], logLevel: logLevel.NOTHING });
});

/**
 * @param topic a name that only this suite uses; services read it from `TOPIC_V1_SYSTEM`
 */
export async function preparePlatform(topic: string): Promise<TemplatePlatform> {
  const [broker, schemaRegistry, kafkaClient] = [await kafka(), await registry(), await client()];
  const deadLetters = `${topic}_DLQ`;
  const admin = kafkaClient.admin();
  await admin.connect();
  await makeTopics(
    admin,
    [topic, deadLetters].map((name) => ({ topic: name, numPartitions: 1 })),
  );
  const register = async (schema: string) => {
    const registering = new RegistryClient(schemaRegistry.url, 10_000);
    const subject = `${topic}-value`;
    const settings = {
      registryUrl: schemaRegistry.url,
      compatibility: COMPATIBILITY_LEVEL,
      onDelete: "retain",
      providerVersion: 1,
    } as const;
    const registered = await registerSubjects(registering, { ...settings, subjects: { [subject]: { schema } } });
    registering.close();
    return registered[subject]!.id;
  };
  await register(schemas.V1_SYSTEM);
  const codec = createEventCodec<Record<string, SystemEvent>>(createSchemaRegistryClient(schemaRegistry.url), {
    [topic]: schemas.V1_SYSTEM,
  });
  await codec.loadSchemaIds();
  const producer = kafkaClient.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    topic,
    deadLetters,
    brokers: broker.url,
    registryUrl: schemaRegistry.url,
    environment: {
      KAFKA_BROKERS: broker.url,
      SCHEMA_REGISTRY_URL: schemaRegistry.url,
      TOPIC_V1_SYSTEM: topic,
      TOPIC_V1_SYSTEM_DLQ: deadLetters,
    },
    client: kafkaClient,
    producer,
    encode: (event) => codec.encode(topic, event),
    decode: (frame) => codec.decode(topic, frame),
    register,
    members: async (group) => (await admin.describeGroups([group])).groups[0]!.members.map(({ clientId }) => clientId),
    close: async () => void (await Promise.all([producer.disconnect(), admin.disconnect()])),
  };
}
