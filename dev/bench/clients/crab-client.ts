import type { BenchmarkClient } from "./client.ts";

/** Not a dependency: `npm install --no-save kafka-crab-js@5.0.0` adds it to the comparison. */
export async function createClient(broker: string, topic: string): Promise<BenchmarkClient> {
  const { KafkaClient } = await import("kafka-crab-js" as string);
  const kafka = new KafkaClient({
    brokers: broker,
    clientId: "bench",
    logLevel: "error",
    configuration: { "auto.offset.reset": "earliest" },
  });
  const producer = kafka.createProducer({ configuration: { acks: "all" } });
  return {
    connect: () => producer.send({ topic, messages: [] }).catch(() => undefined),
    send: (messages) =>
      producer.send({
        topic,
        messages: messages.map(({ key, value, headers }) => ({
          key,
          payload: value,
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
        })),
      }),
    async consume(count) {
      const consumer = kafka.createConsumer({
        groupId: `bench-${process.pid}`,
        configuration: { "auto.offset.reset": "earliest" },
      });
      await consumer.subscribe(topic);
      for (let seen = 0; seen < count; ) seen += (await consumer.recvBatch(1000, 500)).length;
      await consumer.disconnect();
    },
    close: () => producer.flush(),
  };
}
