import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { ObservabilitySettings } from "../observability/settings.ts";
import { Counts } from "./counts.ts";
import { BatchWriter } from "./store/batch-writer.ts";
import { StoreEpoch } from "./store/store-epoch.ts";
import { VictoriaLogs } from "./store/victoria-logs.ts";
import { Tailer } from "./tail/tailer.ts";

export interface Collector {
  /** What Prometheus scrapes of PostgreSQL, Kafka and the collector itself. */
  metrics(): Promise<string>;
  /** Stores what it holds, then ends. */
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;

const report = (msg: string) => console.log(JSON.stringify({ level: "warn", time: new Date().toISOString(), msg }));

/** Takes lines and spans and hands them to the stores. Listens once this resolves. */
export async function startCollector(settings: ObservabilitySettings): Promise<Collector> {
  const { ports, stores, data } = settings;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const servers = await Promise.all([ports.loki, ports.otlp].map(listen));
  const stopping = new AbortController();
  const counts = new Counts();
  const epoch = new StoreEpoch(stores.logs);
  const writer = new BatchWriter(new VictoriaLogs(stores.logs), counts, report, stopping.signal);
  const tailer = new Tailer(
    {
      logs: join(settings.directory, "logs"),
      positions: join(data, "positions.json"),
      labelsOf: labelsOf(settings),
      retentionMs: settings.retention.days * DAY_MS,
    },
    writer,
    counts,
    () => epoch.read(),
  );
  await tailer.start();
  return {
    metrics: async () => "",
    async stop() {
      for (const server of servers) server.close();
      stopping.abort();
      await tailer.stop();
    },
  };
}

/** Infrastructure is a service of its process's name. */
function labelsOf({ stack, processes }: ObservabilitySettings) {
  const known = new Map(processes.map((process) => [process.name, process]));
  return (name: string) => {
    const { service = name, version = "unknown" } = known.get(name) ?? {};
    return { service, env: stack, version };
  };
}

async function listen(port: number): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(204).end());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
