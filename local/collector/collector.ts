import { mkdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { metricText } from "../observability/exporters/exposition.ts";
import type { ObservabilitySettings } from "../observability/settings.ts";
import { serveHosts } from "../served-hosts.ts";
import { Counts } from "./counts.ts";
import { Database } from "./database.ts";
import { BodyBudget } from "./http/body.ts";
import { listen, onlyUnder, toListener } from "./http/server.ts";
import { createAlertRoute } from "./notifications/alert-route.ts";
import { AlertStore } from "./notifications/alert-store.ts";
import { Notifier } from "./notifications/notifier.ts";
import { writeOtlpError } from "./otlp/otlp-answer.ts";
import { createOtlpRoute } from "./otlp/otlp-route.ts";
import { SpanForwarder } from "./otlp/span-forwarder.ts";
import { createPushRoute } from "./push/push-route.ts";
import { TenantDirectory } from "./push/tenant-directory.ts";
import { Spool } from "./spool/spool.ts";
import { SpoolPump } from "./spool/spool-pump.ts";
import { BatchWriter } from "./store/batch-writer.ts";
import { StoreEpoch } from "./store/store-epoch.ts";
import { VictoriaLogs } from "./store/victoria-logs.ts";
import { Tailer } from "./tail/tailer.ts";

export interface Collector {
  /** The collector's counts, in Prometheus' text format. */
  metrics(): Promise<string>;
  /** `/api/v2/alerts`: vmalert and Alertmanager send alerts there. */
  receiveAlerts: RequestListener;
  /** Answers open requests, then ends. What the store has not taken stays on disk. */
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** What waits on disk while the log store is away. */
const BUFFER_BYTES = 256 << 20;
const RECEIVED_BYTES = 32 << 20;

const report = (msg: string) => console.log(JSON.stringify({ level: "warn", time: new Date().toISOString(), msg }));

/** Takes lines and spans and hands them to the stores. Listens once this resolves. */
export async function startCollector(
  settings: ObservabilitySettings,
  environment: NodeJS.ProcessEnv,
): Promise<Collector> {
  const { ports, stores, data } = settings;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const stopping = new AbortController();
  const counts = new Counts();
  const epoch = new StoreEpoch(stores.logs);
  const writer = new BatchWriter(new VictoriaLogs(stores.logs), counts, report, stopping.signal);
  const database = new Database(environment.DATABASE_URL || undefined);
  const retentionMs = settings.retention.days * DAY_MS;
  const readEpoch = () => epoch.read();
  const spool = new Spool(join(data, "buffer"), BUFFER_BYTES);
  const pump = new SpoolPump(spool, join(data, "delivered.json"), writer, counts, readEpoch);
  const tailer = new Tailer(
    {
      logs: join(settings.directory, "logs"),
      positions: join(data, "positions.json"),
      labelsOf: labelsOf(settings),
      retentionMs,
    },
    writer,
    counts,
    readEpoch,
  );
  const notifier = new Notifier(
    { webhook: environment.NOTIFY_WEBHOOK || undefined, externalUrl: `http://localhost:${ports.page}` },
    new AlertStore(join(data, "alerts.json")),
    counts,
    report,
  );
  const tenants = new TenantDirectory({
    file: join(data, "tenants.json"),
    lookUp: (tenant) => hasTenant(database, tenant),
  });
  const budget = new BodyBudget(RECEIVED_BYTES);
  const push = createPushRoute({ tenants, retentionMs, add: (entries) => pump.add(entries), counts, budget });
  const otlp = createOtlpRoute({
    retentionMs,
    add: (entries) => pump.add(entries),
    counts,
    budget,
    metrics: stores.metrics,
    jaeger: settings.jaeger && new SpanForwarder(settings.jaeger.otlp, counts),
  });
  await Promise.all([tailer.start(), pump.start()]);
  const isServed = serveHosts(settings.allowedHosts ?? []);
  const servers = await Promise.all([
    listen(ports.loki, toListener(onlyUnder(isServed, push))),
    listen(ports.otlp, toListener(onlyUnder(isServed, otlp), writeOtlpError)),
  ]);
  return {
    metrics: async () => counts.text() + bufferMetrics({ received: spool.bytes, logs: tailer.backlog() }),
    receiveAlerts: toListener(createAlertRoute(notifier)),
    async stop() {
      await Promise.all(servers.map((server) => server.close()));
      stopping.abort();
      await Promise.all([tailer.stop(), pump.stop(), notifier.stop(), database.close()]);
    },
  };
}

function bufferMetrics(bytes: Record<string, number>): string {
  const samples = Object.entries(bytes).map(([buffer, value]) => [{ buffer }, value] as const);
  return metricText(
    "plinth_collector_buffered_bytes",
    "gauge",
    "Bytes here until the store has them on its disk",
    samples,
  );
}

/** Infrastructure is a service of its process's name. */
function labelsOf({ stack, processes }: ObservabilitySettings) {
  const known = new Map(processes.map((process) => [process.name, process]));
  return (name: string) => {
    const { service = name, version = "unknown" } = known.get(name) ?? {};
    return { service, env: stack, version };
  };
}

async function hasTenant(database: Database, tenant: number): Promise<boolean> {
  const known = await database.query("select from tenants where id = $1", [tenant]);
  if (known.length === 0) return false;
  // A stack of an earlier release has no such table before its next `make up`.
  const [locks] = await database.query<{ exists: boolean }>(
    "select to_regclass('locked_tenants') is not null as exists",
  );
  return !locks?.exists || (await database.query("select from locked_tenants where id = $1", [tenant])).length === 0;
}
