import { ELASTICSEARCH, ELASTICSEARCH_PORT } from "../tools/elk.ts";
import { type AlloyBlock, block, component, expression } from "./syntax.ts";

/**
 * The second sink of logs: Elasticsearch takes OTLP over HTTP itself, so no Logstash is between.
 *
 * @param domain what makes a workload's name an address from another namespace
 */
export function elasticsearchBlocks(domain: string): AlloyBlock[] {
  return [
    component(
      "otelcol.receiver.loki",
      "elk",
      block("output", ["logs", [expression("otelcol.processor.batch.elk.input")]]),
    ),
    component(
      "otelcol.processor.batch",
      "elk",
      block("output", ["logs", [expression("otelcol.exporter.otlphttp.elk.input")]]),
    ),
    component(
      "otelcol.exporter.otlphttp",
      "elk",
      block("client", ["endpoint", `http://${ELASTICSEARCH}${domain}:${ELASTICSEARCH_PORT}/_otlp`]),
    ),
  ];
}
