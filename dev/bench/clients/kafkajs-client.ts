import kafkajs from "kafkajs";
import type { BenchmarkClient } from "./client.ts";

export async function createClient(broker: string, topic: string): Promise<BenchmarkClient> {
  const { Kafka, logLevel, Partitioners } = kafkajs;
  const kafka = new Kafka({ clientId: "bench", brokers: [broker], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  return {
    connect: () => producer.connect(),
    send: (messages) => producer.send({ topic, acks: -1, messages: [...messages] }),
    async consume(count) {
      const consumer = kafka.consumer({ groupId: `bench-${process.pid}` });
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      let seen = 0;
      await new Promise<void>((resolve) => {
        void consumer.run({
          eachBatchAutoResolve: true,
          eachBatch: async ({ batch }) => {
            seen += batch.messages.length;
            if (seen >= count) resolve();
          },
        });
      });
      await consumer.disconnect();
    },
    close: () => producer.disconnect(),
  };
}
