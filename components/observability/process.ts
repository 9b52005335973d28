import { dirname } from "node:path";
import { findObservabilityProgram, type ObservabilityProgram, root } from "@plinth/local/locations.ts";
import { PROGRAM } from "@plinth/local/observability/build.ts";
import type { ObservabilitySettings } from "@plinth/local/observability/settings.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { sourceRevision } from "../base/source-revision.ts";
import { processDefaults } from "../process/defaults.ts";
import { requireInstalled } from "../process/programs.ts";
import type { ObservabilityPorts } from "./settings.ts";

// The specifications of the processes that observe a stack of processes. They share one machine
// with the platform, so each gets little memory: the Go programs collect garbage early, and their
// caches are bounded.

export interface Retention {
  days: number;
  /** As in `1GB`. */
  bytes: string;
}

const address = (port: number) => `127.0.0.1:${port}`;

/** Logs and spans. */
export function victoriaLogsProcess(ports: ObservabilityPorts, retention: Retention, directory: string): ProcessSpec {
  return storeProcess("victoria-logs", ports.logs, directory, [
    `-storageDataPath=${directory}/data`,
    `-retentionPeriod=${retention.days}d`,
    `-retention.maxDiskSpaceUsageBytes=${retention.bytes}`,
    // The store drops longer lines; the collector cuts them before.
    "-insert.maxLineSizeBytes=2MB",
    // What it took longer ago survives a crash; the collector sends later documents again.
    "-inmemoryDataFlushInterval=1s",
    "-memory.allowedBytes=32MB",
  ]);
}

/** Metrics: it scrapes what `scrape` lists, and answers Prometheus' API. */
export function victoriaMetricsProcess(
  ports: ObservabilityPorts,
  retention: Retention,
  scrape: object,
  directory: string,
): ProcessSpec {
  const file = `${directory}/scrape.yml`;
  const spec = storeProcess("victoria-metrics", ports.metrics, directory, [
    `-storageDataPath=${directory}/data`,
    `-retentionPeriod=${retention.days}d`,
    `-promscrape.config=${file}`,
    // A service that is down shows in `up`, not in this log.
    "-promscrape.suppressScrapeErrors",
    "-promscrape.dropOriginalLabels",
    // A sample counts at once instead of after 30 seconds.
    "-search.latencyOffset=0s",
    `-vmalert.proxyURL=http://${address(ports.vmalert)}`,
    "-memory.allowedBytes=16MB",
  ]);
  // YAML contains JSON.
  return { ...spec, files: { [file]: JSON.stringify(scrape, undefined, 1) } };
}

/** Evaluates `rules` and tells `notifier`, which speaks Alertmanager's API. */
export function vmalertProcess(
  ports: ObservabilityPorts,
  rules: string,
  notifier: string,
  directory: string,
): ProcessSpec {
  const file = `${directory}/rules.yml`;
  const store = `http://${address(ports.metrics)}`;
  const spec = storeProcess("vmalert", ports.vmalert, directory, [
    `-rule=${file}`,
    `-datasource.url=${store}`,
    // Alerts keep their state over a restart.
    `-remoteWrite.url=${store}`,
    `-remoteRead.url=${store}`,
    "-remoteWrite.flushInterval=1s",
    `-notifier.url=${notifier}`,
    "-evaluationInterval=5s",
    "-rule.evalDelay=0s",
    "-memory.allowedBytes=8MB",
  ]);
  return { ...spec, files: { [file]: rules } };
}

function storeProcess(program: ObservabilityProgram, port: number, directory: string, args: string[]): ProcessSpec {
  return {
    ...processDefaults(directory),
    command: requireInstalled(findObservabilityProgram(program), program),
    args: [`-httpListenAddr=${address(port)}`, "-loggerLevel=WARN", ...args],
    environment: { GOGC: "30" },
    ports: { http: port },
    ready: { kind: "http", port, path: "/health" },
  };
}

/** The collector and the page. */
export function observabilityProcess(settings: ObservabilitySettings, directory: string): ProcessSpec {
  const file = `${directory}/settings.json`;
  const revision = sourceRevision(["local/observability", "local/collector", "local/page"]);
  const program = `${directory}/program-${revision}/${PROGRAM}`;
  const { page, loki, otlp } = settings.ports;
  return {
    ...processDefaults(directory),
    command: process.execPath,
    args: ["--max-semi-space-size=2", program, file],
    files: { [file]: JSON.stringify(settings) },
    init: [
      {
        command: process.execPath,
        args: [`${root}/local/observability/build.ts`, dirname(program)],
        creates: program,
      },
    ],
    ports: { page, loki, otlp },
    ready: { kind: "http", port: page, path: "/health" },
    revision,
  };
}
