import type { PrometheusRules } from "../alerts/prometheus-rules.ts";
import { PLATFORM_SELECTOR, scrapeRelabelling } from "./prometheus-scrape.ts";

/** A custom resource of the Prometheus operator, without its metadata. */
export interface OperatorResource {
  apiVersion: string;
  kind: string;
  spec: Record<string, unknown>;
}

/**
 * One monitor for all pods: which of their ports is scraped stands in their annotations, as for the
 * built-in Prometheus, so that series have the same labels.
 */
export function podMonitor(stack: string, namespaces: readonly string[]): OperatorResource {
  const [key, value] = PLATFORM_SELECTOR.split("=") as [string, string];
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    spec: {
      namespaceSelector: { matchNames: namespaces },
      selector: { matchLabels: { [key]: value } },
      podMetricsEndpoints: [
        {
          interval: "15s",
          scrapeTimeout: "10s",
          honorLabels: true,
          relabelings: scrapeRelabelling(stack).map(({ source_labels, target_label, separator, ...rule }) => ({
            ...(source_labels && { sourceLabels: source_labels }),
            ...(target_label !== undefined && { targetLabel: target_label }),
            ...(separator !== undefined && { separator }),
            ...rule,
          })),
        },
      ],
      sampleLimit: 50_000,
    },
  };
}

/**
 * The rules of a stack, whose cluster's Prometheus also has the objects of all other namespaces.
 *
 * @param namespaces of the stack. The first has the AlertmanagerConfig, to which the operator hands
 *   only alerts that have its namespace as their label; most of ours are sums and have none.
 */
export function prometheusRule({ groups }: PrometheusRules, namespaces: readonly string[]): OperatorResource {
  const [namespace = ""] = namespaces;
  const ours = groups.map((group) => ({
    ...group,
    rules: group.rules.map(({ expr, labels, ...rule }) => ({
      ...rule,
      expr: withinNamespaces(expr, namespaces),
      labels: { ...labels, namespace },
    })),
  }));
  return { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", spec: { groups: ours } };
}

/** Narrows the metrics of kube-state-metrics, which the cluster's own prints for all namespaces. */
function withinNamespaces(expr: string, namespaces: readonly string[]): string {
  const matcher = `namespace=~"${namespaces.join("|")}"`;
  return expr.replace(/\b(kube_\w+)(\{)?/g, (_, metric: string, brace?: string) =>
    brace === undefined ? `${metric}{${matcher}}` : `${metric}{${matcher},`,
  );
}

/** @param secret name of the Secret whose key `webhook` is the address */
export function alertmanagerConfig(secret: string): OperatorResource {
  return {
    apiVersion: "monitoring.coreos.com/v1alpha1",
    kind: "AlertmanagerConfig",
    spec: {
      route: {
        receiver: "webhook",
        groupBy: ["alertname", "service"],
        groupWait: "10s",
        groupInterval: "1m",
        repeatInterval: "4h",
      },
      receivers: [
        { name: "webhook", webhookConfigs: [{ urlSecret: { name: secret, key: "webhook" }, sendResolved: true }] },
      ],
    },
  };
}
