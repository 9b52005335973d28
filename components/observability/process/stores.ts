import { findObservabilityProgram, type ObservabilityProgram } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { processDefaults } from "../../process/defaults.ts";
import { requireInstalled } from "../../process/programs.ts";
import { createAlertGroups } from "../alerts/alerts.ts";
import { prometheusRules } from "../alerts/prometheus-rules.ts";
import { localTiming } from "../alerts/timing.ts";
import { folderOf, loopback, type ProcessContext } from "./context.ts";
import { scrapeConfig } from "./scrape.ts";

// These share one machine with the platform, so each gets little memory: the Go programs collect
// garbage early, and their caches are bounded. A limit of memory is above what a program needs:
// below that it would do nothing but collect garbage.

/** Logs and spans. */
export function victoriaLogsProcess(context: ProcessContext): ProcessSpec {
  const { ports, retention } = context;
  const directory = folderOf(context, "victoria-logs");
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

/** Metrics: scrapes every `/metrics` of the stack and answers Prometheus' API. */
export function victoriaMetricsProcess(context: ProcessContext): ProcessSpec {
  const { ports, retention } = context;
  const directory = folderOf(context, "victoria-metrics");
  const scrape = `${directory}/scrape.yml`;
  const spec = storeProcess("victoria-metrics", ports.metrics, directory, [
    `-storageDataPath=${directory}/data`,
    `-retentionPeriod=${retention.days}d`,
    `-promscrape.config=${scrape}`,
    // A service that is down shows in `up`, not in this log.
    "-promscrape.suppressScrapeErrors",
    "-promscrape.dropOriginalLabels",
    // A sample counts at once instead of after 30 seconds.
    "-search.latencyOffset=0s",
    `-vmalert.proxyURL=http://${loopback(ports.vmalert)}`,
    "-inmemoryDataFlushInterval=1s",
    "-memory.allowedBytes=16MB",
    "-storage.trackMetricNamesStats=false",
    "-search.queryStats.lastQueriesCount=0",
  ]);
  // One processor halves the buffers for new samples, which it keeps for each.
  const environment = { ...spec.environment, GOMAXPROCS: "1", GOMEMLIMIT: "32MiB" };
  return { ...spec, environment, files: { [scrape]: asYaml(scrapeConfig(context)) } };
}

/** Evaluates the alerts and tells `notifier`, which speaks Alertmanager's API. */
export function vmalertProcess(context: ProcessContext, notifier: string): ProcessSpec {
  const { ports, services } = context;
  const directory = folderOf(context, "vmalert");
  const rules = `${directory}/rules.yml`;
  const store = `http://${loopback(ports.metrics)}`;
  const spec = storeProcess("vmalert", ports.vmalert, directory, [
    // A pattern, and a list: in an absolute path, commas and brackets would have a meaning.
    "-rule=rules.yml",
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
  const groups = prometheusRules(createAlertGroups(services, localTiming));
  const environment = { ...spec.environment, GOMAXPROCS: "1", GOMEMLIMIT: "16MiB" };
  return { ...spec, environment, files: { [rules]: asYaml(groups) } };
}

function storeProcess(program: ObservabilityProgram, port: number, directory: string, args: string[]): ProcessSpec {
  return {
    ...processDefaults(directory),
    command: requireInstalled(findObservabilityProgram(program), program),
    args: [`-httpListenAddr=${loopback(port)}`, "-loggerLevel=WARN", ...args],
    environment: { GOGC: "30" },
    ports: { http: port },
    ready: { kind: "http", port, path: "/health" },
  };
}

/** YAML contains JSON. */
function asYaml(value: object): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}
