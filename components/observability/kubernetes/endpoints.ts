import * as pulumi from "@pulumi/pulumi";
import type { KubernetesRuntime } from "../../base/runtime.ts";
import type { TelemetryEndpoints } from "../../service/environment.ts";
import { ALLOY } from "./alloy/alloy.ts";
import { LOG_RECEIVER_PORT } from "./alloy/external.ts";
import { OTLP_GRPC_PORT, OTLP_HTTP_PORT } from "./alloy/traces.ts";
import { LOKI, LOKI_PORT } from "./loki.ts";
import { nodesNamespace } from "./scrapers.ts";
import { type ClusterObservability, planObservability } from "./settings.ts";

/**
 * Where services of a cluster send lines and spans. Only the mode decides, so that these stay the
 * same while the observability stack is removed.
 */
export function clusterTelemetry(
  { namespace }: Pick<KubernetesRuntime, "namespace">,
  settings: ClusterObservability,
): TelemetryEndpoints {
  const nodes = namespace.apply(nodesNamespace);
  const { logs } = planObservability(settings);
  const otlp = [OTLP_GRPC_PORT, OTLP_HTTP_PORT];
  const alloy = { workload: ALLOY, ports: logs ? otlp : [...otlp, LOG_RECEIVER_PORT], namespace: nodes };
  const agent = pulumi.interpolate`http://${ALLOY}.${nodes}.svc.cluster.local`;
  return {
    lokiUrl: logs
      ? pulumi.interpolate`http://${LOKI}.${namespace}.svc.cluster.local:${LOKI_PORT}`
      : pulumi.interpolate`${agent}:${LOG_RECEIVER_PORT}`,
    otlpUrl: pulumi.interpolate`${agent}:${OTLP_HTTP_PORT}`,
    servers: [...(logs ? [{ workload: LOKI, ports: [LOKI_PORT] }] : []), alloy],
  };
}
