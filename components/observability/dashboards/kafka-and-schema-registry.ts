import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import { consumerGroupLag, DEAD_LETTERS, newestOffsets } from "../kafka-metrics.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric } from "../promql.ts";
import { numbers, quantiles, ratePer, ratePerOrZero } from "./panel.ts";

/** Topics, consumer groups, dead letters and schemas, as broker, registry and services see them. */
export function kafkaAndSchemaRegistry(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  return {
    id: "kafka-and-schema-registry",
    title: "Kafka and Schema Registry",
    description: "Whether events arrive, how far readers are behind, and what nobody could read.",
    variables: [],
    rows: [
      {
        title: "Topics",
        panels: [
          numbers(
            "timeseries",
            "events/s",
            { "{{redpanda_topic}}": `sum by (redpanda_topic) (rate(${newestOffsets()}[$__interval]))` },
            {
              title: "Records written",
              description: "Records a second by topic. A topic that stops has lost its producer: see its outbox.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { "{{redpanda_group}} {{redpanda_topic}}": consumerGroupLag() },
            {
              title: "Lag by consumer group",
              description: "Records that a group has not committed. If it grows, look at its handler and its replicas.",
            },
          ),
          numbers(
            "timeseries",
            "events/s",
            {
              "{{service}} {{topic}} {{result}}": ratePer(
                ["service", "topic", "result"],
                metric("consumer_events_total"),
              ),
            },
            {
              title: "Events by result",
              description: "Retried and dead_letter are events that could not be applied: read the reason below.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { partitions: "sum(redpanda_kafka_partitions)", brokers: "max(redpanda_cluster_brokers)" },
            {
              title: "Partitions and brokers",
              description: "If brokers are missing, restart them before anything else.",
            },
          ),
        ],
      },
      {
        title: "Dead letters",
        panels: [
          numbers(
            "bars",
            "none",
            {
              "{{redpanda_topic}}": `sum by (redpanda_topic) (max by (redpanda_topic, redpanda_partition) (${newestOffsets(DEAD_LETTERS)}))`,
            },
            {
              title: "Dead letters of all time",
              description: "Events that a group gave up. Read one with its reason, mend the cause, then replay it.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            {
              "{{redpanda_topic}}": `sum by (redpanda_topic) (increase(${newestOffsets(DEAD_LETTERS)}[1h]))`,
            },
            {
              title: "Dead letters of the last hour",
              description: "Above 0, an event cannot be applied now: open the topic and read the reason.",
              threshold: 1,
            },
          ),
        ],
      },
      {
        title: "Producers",
        panels: [
          numbers(
            "timeseries",
            "none",
            { "{{service}}": `sum by (service) (${metric("outbox_backlog")})` },
            {
              title: "Outbox backlog",
              description:
                "Events in the database that the broker has not. If it grows, the broker does not take them.",
            },
          ),
          quantiles(metric("bus_publish_seconds_bucket"), ["service"], {
            title: "Latency of publishing by service",
            description: "Until all in-sync replicas have a record. If it rises for all, check the broker's disks.",
          }),
        ],
      },
      {
        title: "Schema registry",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            {
              "{{redpanda_status}}": ratePerOrZero(
                ["redpanda_status"],
                "redpanda_schema_registry_request_errors_total",
                "redpanda_schema_registry_request_errors_total",
              ),
            },
            {
              title: "Refused requests of the registry",
              description:
                "409 is an incompatible schema, 422 an invalid one: read the registry's log for the subject.",
            },
          ),
          numbers(
            "timeseries",
            "requests/s",
            { requests: "sum(rate(redpanda_schema_registry_request_latency_seconds_count[$__interval]))" },
            {
              title: "Requests of the registry",
              description: "Services ask once for each schema. Many requests are a service without a cache of schemas.",
            },
          ),
        ],
      },
    ],
  };
}
