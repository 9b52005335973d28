import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { LogRecord } from "@plinth/local/schema-registry/records.ts";
import { createRoutes } from "@plinth/local/schema-registry/routes.ts";
import { createRegistryServer } from "@plinth/local/schema-registry/server.ts";
import { RegistryStore } from "@plinth/local/schema-registry/store.ts";
import { parseResponse, sendSlowly } from "../../suites/hostile/raw-connection.ts";

/** The registry over a log in memory, for what needs no broker. */
export async function startMemoryRegistry(records: LogRecord[] = []) {
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  const store = new RegistryStore(createMemoryLog(records), report);
  await store.start(1);
  const server = createRegistryServer(createRoutes(store), report);
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

function createMemoryLog(records: LogRecord[]): ConstructorParameters<typeof RegistryStore>[0] {
  return {
    async open() {},
    async close() {},
    async read(from, each) {
      for (let offset = Number(from); offset < records.length; offset++) each(records[offset]!, BigInt(offset));
      return BigInt(records.length);
    },
    async append(batch) {
      return BigInt(records.push(...batch) - batch.length);
    },
  };
}
