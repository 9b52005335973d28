import { selector } from "../../kubernetes/labels.ts";
import { namespaceSelector, type Peer } from "../../kubernetes/network.ts";
import type { ClusterObservability } from "./settings.ts";

/**
 * The namespace of pods that need more of their node than Pod Security "restricted" gives: those
 * that read its logs and its metrics.
 */
export function nodesNamespace(namespace: string): string {
  const suffix = "-nodes";
  return `${namespace.slice(0, 63 - suffix.length)}${suffix}`;
}

/**
 * Pods that read the metrics of every workload. It does not depend on whether the observability
 * stack is there, so that adding and removing it changes no other component.
 */
export function scrapers(
  { mode, monitoringNamespace }: Pick<ClusterObservability, "mode" | "monitoringNamespace">,
  namespace: string,
): Peer[] {
  const pods = (workload: string, place: string) => ({
    namespaceSelector: namespaceSelector(place),
    podSelector: { matchLabels: selector(workload) },
  });
  if (mode === "operator") return [{ namespaceSelector: namespaceSelector(monitoringNamespace) }];
  return [mode === "built-in" ? pods("prometheus", namespace) : pods("alloy", nodesNamespace(namespace))];
}
