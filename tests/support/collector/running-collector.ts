import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Collector, startCollector } from "@plinth/local/collector/collector.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { type LogStore, startLogStore } from "../servers/victoria-logs.ts";

/** A collector with a real log store behind it. */
export interface RunningCollector {
  store: LogStore;
  directory: string;
  loki: string;
  otlp: string;
  collector(): Collector;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface CollectorOptions {
  databaseUrl?: string;
  /** Address of Jaeger's OTLP receiver. */
  jaeger?: string;
  /** Address of the metric store. */
  metrics?: string;
  brokers?: string;
}

export async function runCollector(options: CollectorOptions = {}): Promise<RunningCollector> {
  const store = await startLogStore();
  const directory = mkdtempSync(join(tmpdir(), "collector-"));
  mkdirSync(join(directory, "logs"));
  const port = await findFreePort(3);
  const settings = {
    stack: "local",
    directory,
    data: join(directory, "data"),
    page: directory,
    ports: { page: port, loki: port + 1, otlp: port + 2 },
    stores: { logs: store.url, metrics: options.metrics ?? "http://127.0.0.1:9" },
    ...(options.jaeger === undefined ? {} : { jaeger: { otlp: options.jaeger, query: options.jaeger } }),
    brokers: options.brokers ?? "127.0.0.1:9",
    registry: "http://127.0.0.1:9",
    processes: [],
    dashboards: [],
    retention: { days: 7, bytes: "1GB" },
  };
  const environment = options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl };
  let collector = await startCollector(settings, environment);
  return {
    store,
    directory,
    loki: `http://127.0.0.1:${port + 1}`,
    otlp: `http://127.0.0.1:${port + 2}`,
    collector: () => collector,
    async restart() {
      await collector.stop();
      collector = await startCollector(settings, environment);
    },
    async stop() {
      await collector.stop();
      await store.stop();
      rmSync(directory, { recursive: true });
    },
  };
}
