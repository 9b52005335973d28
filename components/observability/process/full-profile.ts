import { findAlertmanager, findObservabilityProgram } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { processDefaults } from "../../process/defaults.ts";
import { requireInstalled } from "../../process/programs.ts";
import { folderOf, loopback, type ProcessContext } from "./context.ts";

// What `make up PROFILE=full` adds.

/**
 * Jaeger keeps the same spans as the page's store and answers its query API.
 * https://www.jaegertracing.io/docs/2.13/deployment/configuration/
 */
export function jaegerProcess(context: ProcessContext): ProcessSpec {
  const { ports, retention } = context;
  const directory = folderOf(context, "jaeger");
  const file = `${directory}/config.json`;
  const storage = {
    badger: {
      directories: { keys: `${directory}/keys`, values: `${directory}/values` },
      ephemeral: false,
      ttl: { spans: `${retention.days * 24}h` },
    },
  };
  const config = {
    service: {
      extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
      pipelines: { traces: { receivers: ["otlp"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] } },
      telemetry: { metrics: { level: "none" }, logs: { level: "warn" } },
    },
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: loopback(ports.jaegerHealth) } },
      jaeger_query: {
        storage: { traces: "spans" },
        http: { endpoint: loopback(ports.jaeger) },
        grpc: { endpoint: loopback(ports.jaegerGrpc) },
      },
      jaeger_storage: { backends: { spans: storage } },
    },
    receivers: { otlp: { protocols: { http: { endpoint: loopback(ports.jaegerOtlp) } } } },
    processors: { batch: { timeout: "200ms" } },
    exporters: { jaeger_storage_exporter: { trace_storage: "spans" } },
  };
  return {
    ...processDefaults(directory),
    command: requireInstalled(findObservabilityProgram("jaeger"), "Jaeger"),
    args: ["--config", file],
    environment: { GOGC: "30" },
    // YAML contains JSON.
    files: { [file]: JSON.stringify(config, undefined, 1) },
    ports: { query: ports.jaeger, grpc: ports.jaegerGrpc, otlp: ports.jaegerOtlp, health: ports.jaegerHealth },
    ready: { kind: "http", port: ports.jaeger, path: "/api/services" },
  };
}

/** Alertmanager groups and silences alerts, and tells the process `observability`. */
export function alertmanagerProcess(context: ProcessContext): ProcessSpec {
  const { ports } = context;
  const directory = folderOf(context, "alertmanager");
  const file = `${directory}/alertmanager.yml`;
  const url = `http://${loopback(ports.page)}/api/v2/alerts`;
  const config = {
    route: {
      receiver: "observability",
      group_by: ["alertname", "service"],
      group_wait: "1s",
      group_interval: "5s",
      repeat_interval: "4h",
    },
    receivers: [{ name: "observability", webhook_configs: [{ url, send_resolved: true }] }],
  };
  return {
    ...processDefaults(directory),
    command: requireInstalled(findAlertmanager(), "Alertmanager"),
    args: [
      ...[`--config.file=${file}`, `--storage.path=${directory}/data`],
      ...[`--web.listen-address=${loopback(ports.alertmanager)}`, "--cluster.listen-address=", "--log.level=warn"],
    ],
    environment: { GOGC: "30" },
    files: { [file]: JSON.stringify(config, undefined, 1) },
    ports: { http: ports.alertmanager },
    ready: { kind: "http", port: ports.alertmanager, path: "/-/ready" },
  };
}
