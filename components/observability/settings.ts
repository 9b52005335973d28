import { defaulted, type Filled } from "@plinth/local/validation/defaults.ts";
import { flag, httpUrl, matching, object, oneOf, optional, wholeNumber } from "@plinth/local/validation/rules.ts";
import { offsetPort, type ProcessRuntime } from "../base/runtime.ts";
import { clusterObservabilityFields } from "./kubernetes/settings.ts";

/** The configuration key `observability`. */
export const observabilityRule = object({
  enabled: defaulted(
    flag({
      description: "`false`: the stack has no logs, metrics, traces, dashboards and alerts; `make obs-up`, `obs-down`",
    }),
    { default: true },
  ),
  profile: defaulted(
    oneOf(["light", "full"], { description: "`full` adds Jaeger and Alertmanager; in `local` only", absent: "light" }),
    { default: "light" },
  ),
  retention: defaulted(
    object({
      days: defaulted(wholeNumber(1, 3650), { default: 7 }),
      bytes: defaulted(matching(/^\d+(MB|GB|TB)$/, "an amount such as '500MB' or '1GB'"), { default: "1GB" }),
    }),
    { default: {} },
  ),
  notify: optional(
    object({
      webhook: optional(
        httpUrl({ encryptable: true, description: "alerts are posted there as JSON when they begin and end" }),
      ),
    }),
  ),
  ...clusterObservabilityFields,
});

/** How a stack is observed. */
export type ObservabilityConfig = Filled<typeof observabilityRule>;

/** Ports of the process runtime, moved by the stack's port offset. */
export function observabilityPorts(runtime: ProcessRuntime) {
  const at = (port: number) => offsetPort(runtime, port);
  return {
    logs: at(9428),
    metrics: at(9090),
    vmalert: at(8880),
    page: at(7700),
    loki: at(3100),
    otlp: at(4318),
    alertmanager: at(9093),
    jaeger: at(16_686),
    jaegerGrpc: at(16_685),
    jaegerOtlp: at(14_318),
    jaegerHealth: at(13_133),
  };
}

export type ObservabilityPorts = ReturnType<typeof observabilityPorts>;
