import { onRuntime, type Runtime } from "../base/runtime.ts";
import type { TelemetryEndpoints } from "../service/environment.ts";
import { clusterTelemetry } from "./kubernetes/endpoints.ts";
import { type ObservabilityConfig, observabilityPorts } from "./settings.ts";

/**
 * Where services send lines and spans, whether or not the observability stack is there: adding and
 * removing the component changes no service.
 */
export function telemetryEndpoints(runtime: Runtime, settings: ObservabilityConfig): TelemetryEndpoints {
  return onRuntime<TelemetryEndpoints>(runtime, {
    process: (onMachine) => {
      const { loki, otlp } = observabilityPorts(onMachine);
      return { lokiUrl: `http://localhost:${loki}`, otlpUrl: `http://localhost:${otlp}` };
    },
    kubernetes: (inCluster) => clusterTelemetry(inCluster, settings),
  });
}
