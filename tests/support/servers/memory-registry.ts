import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { LogRecord } from "@plinth/local/schema-registry/records.ts";
import { createRoutes } from "@plinth/local/schema-registry/routes.ts";
import { createRegistryServer } from "@plinth/local/schema-registry/server.ts";
import { RegistryStore } from "@plinth/local/schema-registry/store.ts";
import { parseResponse, sendSlowly } from "../../suites/hostile/raw-connection.ts";

/** The registry over a log in memory, for what needs no broker. */
export async function startMemoryRegistry(records: LogRecord[] = []) {
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const store = new RegistryStore(createMemoryLog(createMemoryTopic(records)), report);
  await store.start(1);
  const server = createRegistryServer(createRoutes(store), report, undefined, () => store.skippedRecords);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    store,
    records,
    lines,
    url,
    /** Sends the target unchanged, which no client library does. */
    async send(
      method: string,
      target: string,
      body?: object,
    ): Promise<{ status: number; body: Record<string, unknown> }> {
      const text = body === undefined ? "" : JSON.stringify(body);
      const head = `${method} ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`;
      const type = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
      const answer = parseResponse((await sendSlowly(url, [`${head}${text && type}\r\n${text}`], 1, 5)).text);
      return { status: answer.status, body: answer.text === "" ? {} : JSON.parse(answer.text) };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await store.stop();
    },
  };
}

/** A topic in memory. Like a broker, it takes batches of the latest epoch only, each once. */
export interface MemoryTopic {
  records: LogRecord[];
  epoch: number;
  /** First offset and size of each batch of the epoch, by its first sequence. */
  batches: Map<number, bigint>;
}

export const createMemoryTopic = (records: LogRecord[] = []): MemoryTopic => ({
  records,
  epoch: 0,
  batches: new Map(),
});

export function createMemoryLog(topic: MemoryTopic): ConstructorParameters<typeof RegistryStore>[0] {
  let [generation, sequence] = [0, 0];
  return {
    async open() {},
    async take(next) {
      [generation, sequence] = [next, 0];
    },
    async close() {},
    async read(from, each) {
      await setImmediate();
      for (let offset = Number(from); offset < topic.records.length; offset++)
        each(topic.records[offset]!, BigInt(offset));
      return { start: 0n, next: BigInt(topic.records.length) };
    },
    async append(batch) {
      await setImmediate();
      if (generation < topic.epoch) throw new Error("INVALID_PRODUCER_EPOCH");
      if (generation > topic.epoch) [topic.epoch, topic.batches] = [generation, new Map()];
      const repeated = topic.batches.get(sequence);
      const offset = repeated ?? BigInt(topic.records.length);
      if (repeated === undefined) topic.records.push(...batch);
      topic.batches.set(sequence, offset);
      sequence += batch.length;
      return offset;
    },
  };
}
