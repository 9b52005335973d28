import { type AlloyBlock, block, component, expression } from "./syntax.ts";

export const OTLP_GRPC_PORT = 4317;
export const OTLP_HTTP_PORT = 4318;

/** Takes spans of every pod by OTLP and hands them on in batches, with bounded memory. */
export function traceBlocks(exporter: AlloyBlock[], exporterInput: string): AlloyBlock[] {
  return [
    component(
      "otelcol.receiver.otlp",
      "services",
      block("grpc", ["endpoint", `0.0.0.0:${OTLP_GRPC_PORT}`]),
      block("http", ["endpoint", `0.0.0.0:${OTLP_HTTP_PORT}`]),
      block("output", ["traces", [expression("otelcol.processor.memory_limiter.traces.input")]]),
    ),
    // It measures all of Alloy's memory, logs included, against the container's limit. Above three
    // fifths it refuses spans; the SDKs try again, and count what they drop.
    component(
      "otelcol.processor.memory_limiter",
      "traces",
      ["check_interval", "1s"],
      ["limit_percentage", 80],
      ["spike_limit_percentage", 20],
      block("output", ["traces", [expression("otelcol.processor.batch.traces.input")]]),
    ),
    component("otelcol.processor.batch", "traces", block("output", ["traces", [expression(exporterInput)]])),
    ...exporter,
  ];
}

/** Hands spans to Tempo in the stack. @param endpoint `host:port` */
export function tempoExporter(endpoint: string): AlloyBlock[] {
  return [
    component(
      "otelcol.exporter.otlp",
      "traces",
      // Network policies alone protect the way to Tempo.
      block("client", ["endpoint", endpoint], block("tls", ["insecure", true])),
    ),
  ];
}
