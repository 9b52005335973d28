/** A rule that chooses targets and their labels, by Prometheus' names. */
export interface RelabelRule {
  source_labels?: string[];
  separator?: string;
  regex?: string;
  target_label?: string;
  replacement?: string;
  action?: "replace" | "keep" | "drop" | "keepequal" | "labeldrop";
}

const pod = (name: string) => `__meta_kubernetes_pod_${name}`;
const annotation = (name: string) => pod(`annotation_prometheus_io_${name}`);

/** Selects the pods of the platform. */
export const PLATFORM_SELECTOR = "app.kubernetes.io/part-of=plinth";

/**
 * Chooses the one port of each pod that its annotations name, and gives its series the labels of
 * the local stack (`job`, `service`, `env`) and where it runs.
 */
export function scrapeRelabelling(stack: string): RelabelRule[] {
  return [
    { source_labels: [annotation("scrape")], regex: "true", action: "keep" },
    // A finished pod has an address still.
    { source_labels: [pod("phase")], regex: "Succeeded|Failed", action: "drop" },
    { source_labels: [pod("container_port_number")], target_label: annotation("port"), action: "keepequal" },
    { source_labels: [annotation("path")], regex: "(.+)", target_label: "__metrics_path__" },
    { source_labels: [pod("label_app")], target_label: "job" },
    { source_labels: [pod("label_app")], target_label: "service" },
    { target_label: "env", replacement: stack },
    { source_labels: [pod("name")], target_label: "instance" },
    { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
    { source_labels: [pod("name")], target_label: "pod" },
    { source_labels: [pod("node_name")], target_label: "node" },
  ];
}
