import * as pulumi from "@pulumi/pulumi";
import { ALERTMANAGER, ALERTMANAGER_PORT } from "./alertmanager.ts";
import { imageOf, type ObservabilityContext } from "./context.ts";
import { PLATFORM_SELECTOR, scrapeRelabelling } from "./prometheus-scrape.ts";
import { peersService, type ServerDefinition, yaml } from "./server.ts";

export const PROMETHEUS = "prometheus";
export const PROMETHEUS_PORT = 9090;
/** `nobody` in the image. */
const PROMETHEUS_USER_ID = 65_534;
const DIRECTORY = "/prometheus";

/** @param rules groups of rules by the names of their files */
export function prometheusServer(context: ObservabilityContext, rules: Record<string, unknown>): ServerDefinition {
  const { runtime, nodes, sizes, settings } = context;
  const texts = Object.fromEntries(Object.entries(rules).map(([name, groups]) => [`${name}.rules.yaml`, yaml(groups)]));
  const namespaces = pulumi.output([runtime.namespace, nodes]);
  return {
    workload: PROMETHEUS,
    image: imageOf(context, "prometheus"),
    user: PROMETHEUS_USER_ID,
    args: [
      "--config.file=/etc/prometheus/prometheus.yaml",
      `--storage.tsdb.path=${DIRECTORY}`,
      `--storage.tsdb.retention.time=${settings.retention.days}d`,
      `--storage.tsdb.retention.size=${fourFifths(sizes.prometheus.storage!)}`,
      // Exemplars lead from a panel to a trace.
      "--enable-feature=exemplar-storage",
      "--log.level=warn",
    ],
    ports: { http: PROMETHEUS_PORT },
    probes: { ready: "/-/ready", live: "/-/healthy" },
    files: {
      directory: "/etc/prometheus",
      texts: {
        "prometheus.yaml": namespaces.apply((names) => yaml(prometheusConfig(context, names))),
        ...texts,
      },
    },
    size: sizes.prometheus,
    data: DIRECTORY,
    metrics: { port: PROMETHEUS_PORT, path: "/metrics" },
    scrapes: [runtime.namespace, nodes],
    uses: [{ workload: ALERTMANAGER, ports: [ALERTMANAGER_PORT] }],
    apiAccess: podDiscovery(context, "finds the pods whose metrics it reads, in the stack's two namespaces"),
  };
}

/** Prometheus' configuration: https://prometheus.io/docs/prometheus/latest/configuration/ */
export function prometheusConfig(
  { stack, sizes }: Pick<ObservabilityContext, "stack" | "sizes">,
  namespaces: readonly string[],
) {
  const alertmanagers = Array.from(
    { length: sizes.alertmanager.replicas },
    (_, index) => `${ALERTMANAGER}-${index}.${peersService(ALERTMANAGER)}:${ALERTMANAGER_PORT}`,
  );
  return {
    global: { scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" },
    storage: { exemplars: { max_exemplars: 100_000 } },
    rule_files: ["/etc/prometheus/*.rules.yaml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    scrape_configs: [
      {
        job_name: "pods",
        kubernetes_sd_configs: [
          {
            role: "pod",
            namespaces: { names: namespaces },
            selectors: [{ role: "pod", label: PLATFORM_SELECTOR }],
          },
        ],
        relabel_configs: scrapeRelabelling(stack),
        // Services name themselves, and kube-state-metrics names the objects that it tells of.
        honor_labels: true,
        // One pod with endless label values fails its scrape instead of filling the disk.
        sample_limit: 50_000,
        label_limit: 40,
        label_value_length_limit: 2048,
      },
    ],
  };
}

/** The right to list the pods of the stack. */
export function podDiscovery({ runtime, nodes }: ObservabilityContext, reason: string) {
  const namespaces: Record<string, pulumi.Input<string>> = { "": runtime.namespace, "-nodes": nodes };
  return { namespaces, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }], reason };
}

/** Of a volume, in Prometheus' notation: the rest is for its write-ahead log. */
function fourFifths(storage: string): string {
  const [, amount, unit] = /^([\d.]+)(Mi|Gi|Ti)$/.exec(storage)!;
  return `${Math.floor(Number(amount) * 0.8 * { Mi: 1, Gi: 1024, Ti: 1_048_576 }[unit as "Mi" | "Gi" | "Ti"])}MB`;
}
