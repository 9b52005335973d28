import { scrapeRelabelling } from "../prometheus-scrape.ts";
import { type AlloyBlock, block, component, expression } from "./syntax.ts";

/** Where metrics go by remote write. */
export interface MetricsTarget {
  url: string;
  authentication: AlloyBlock["body"];
}

/** Scrapes the platform's pods on this node and writes their metrics to a store elsewhere. */
export function metricBlocks(stack: string, target: MetricsTarget): AlloyBlock[] {
  return [
    component(
      "discovery.relabel",
      "metrics",
      ["targets", expression("discovery.kubernetes.pods.targets")],
      ...scrapeRelabelling(stack).map((rule) => block("rule", ...Object.entries(rule))),
    ),
    component(
      "prometheus.scrape",
      "pods",
      ["targets", expression("discovery.relabel.metrics.output")],
      ["forward_to", [expression("prometheus.remote_write.store.receiver")]],
      ["scrape_interval", "15s"],
      ["scrape_timeout", "10s"],
      ["honor_labels", true],
      ["sample_limit", 50_000],
    ),
    component(
      "prometheus.remote_write",
      "store",
      block("endpoint", ["url", target.url], ["send_exemplars", true], ...target.authentication),
    ),
  ];
}
