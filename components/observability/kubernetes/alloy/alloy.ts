import type { IdRange } from "@plinth/providers/tenancy/ids.ts";
import { PLATFORM_SELECTOR } from "../prometheus-scrape.ts";
import { elasticsearchBlocks } from "./elasticsearch-sink.ts";
import { logReceiverBlocks } from "./external.ts";
import { type LogsTarget, logBlocks } from "./logs.ts";
import { type MetricsTarget, metricBlocks } from "./metrics.ts";
import { type AlloyBlock, block, component, expression } from "./syntax.ts";
import { traceBlocks } from "./traces.ts";

export const ALLOY = "alloy";
export const ALLOY_PORT = 12_345;

/** What Alloy reads on each node, and where it sends that. */
export interface AlloyOptions {
  /** The stack's name, which is the label `env`. */
  stack: string;
  /** Namespaces of the platform's pods. */
  namespaces: readonly string[];
  tenants: readonly IdRange[];
  logs: LogsTarget;
  /** The component `otelcol.exporter.…` of spans, with what it needs. */
  traces: AlloyBlock[];
  /** @default metrics are read by Prometheus */
  metrics?: MetricsTarget | undefined;
  /** Whether it takes the lines that services push, for a Loki outside of the cluster. */
  receivesLogs: boolean;
  /** With ELK, what makes a workload's name an address. @default no second sink */
  elkDomain?: string | undefined;
}

/** Alloy's configuration: https://grafana.com/docs/alloy/latest/reference/components/ */
export function alloyBlocks(options: AlloyOptions): AlloyBlock[] {
  const { stack, namespaces, tenants, logs, traces, metrics, receivesLogs, elkDomain } = options;
  const exporter = traces.at(-1)!;
  return [
    block("logging", ["level", "warn"], ["format", "json"]),
    component(
      "discovery.kubernetes",
      "pods",
      ["role", "pod"],
      block("namespaces", ["names", [...namespaces]]),
      block(
        "selectors",
        ["role", "pod"],
        ["label", PLATFORM_SELECTOR],
        // Each agent reads its own node.
        ["field", expression('"spec.nodeName=" + sys.env("NODE_NAME")')],
      ),
    ),
    ...logBlocks(stack, tenants, logs, elkDomain === undefined ? [] : ["otelcol.receiver.loki.elk.receiver"]),
    ...(receivesLogs ? logReceiverBlocks() : []),
    ...(elkDomain === undefined ? [] : elasticsearchBlocks(elkDomain)),
    ...traceBlocks(traces, `${exporter.name}.${exporter.label}.input`),
    ...(metrics ? metricBlocks(stack, metrics) : []),
  ];
}
