import { Consumer, Producer } from "@platformatic/kafka";
import type { BenchmarkClient } from "./client.ts";

const serializers = {
  key: (data?: Buffer) => data,
  value: (data?: Buffer) => data,
  headerKey: (data?: string) => Buffer.from(data!),
  headerValue: (data?: string) => Buffer.from(data!),
};

export async function createClient(broker: string, topic: string): Promise<BenchmarkClient> {
  const base = { clientId: "bench", bootstrapBrokers: [broker] };
  const producer = new Producer<Buffer, Buffer, string, string>({ ...base, acks: -1, serializers });
  return {
    connect: async () => void (await producer.metadata({ topics: [topic] })),
    send: (messages) => producer.send({ messages: messages.map((message) => ({ topic, ...message })) }),
    async consume(count) {
      const consumer = new Consumer({ ...base, groupId: `bench-${process.pid}`, autocommit: 5000, maxWaitTime: 500 });
      const stream = await consumer.consume({ topics: [topic], mode: "committed", fallbackMode: "earliest" });
      let seen = 0;
      for await (const _ of stream) if (++seen >= count) break;
      await consumer.close(true);
    },
    close: () => producer.close(),
  };
}
