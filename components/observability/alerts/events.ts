import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import { consumerGroupLag, DEAD_LETTERS, newestOffsets } from "../kafka-metrics.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric } from "../promql.ts";
import type { AlertTiming } from "./timing.ts";

/** Lag that no replica needs to be added for. */
const UNIMPORTANT_LAG = 100;
/** Events that a relay publishes within seconds. */
const LARGE_BACKLOG = 10_000;

/** What is wrong between producers, broker, schema registry and consumers. */
export function eventAlerts(services: readonly ObservedService[], { window, memory }: AlertTiming): AlertGroup {
  const metric = createSelectMetric(services);
  const backlog = metric("outbox_backlog");
  const published = `sum by (service) (rate(${metric("outbox_published_total")}[${window}]))`;
  const grows = `${consumerGroupLag()} > ${consumerGroupLag(window)}`;
  return {
    name: "events",
    rules: [
      {
        name: "BrokerDown",
        expr: 'absent(redpanda_cluster_brokers) or redpanda_cluster_brokers == 0 or up{service="redpanda"} == 0',
        for: "30s",
        severity: "critical",
        summary: "The broker does not answer",
        action: "Read the broker's log and start it again: events wait in the outboxes until then.",
        runbook: "broker-down",
      },
      {
        name: "ConsumerLagGrows",
        expr: `${consumerGroupLag()} > ${UNIMPORTANT_LAG} and ${grows}`,
        for: "2m",
        severity: "warning",
        summary: "{{ $labels.redpanda_group }} is {{ $value }} records behind on {{ $labels.redpanda_topic }}",
        action: "Check that the group's service runs; if its handler is slow, add replicas up to the partitions.",
        runbook: "consumer-lag-grows",
      },
      {
        name: "DeadLetters",
        expr: `sum by (redpanda_topic) (max by (redpanda_topic, redpanda_partition) (increase(${newestOffsets(DEAD_LETTERS)}[${memory}]))) > 0`,
        for: "0s",
        severity: "warning",
        summary: "{{ $labels.redpanda_topic }} has new dead letters",
        action: "Open the topic, read the reason in the record's headers, mend the cause, then replay the record.",
        runbook: "dead-letters",
      },
      {
        name: "SchemasRefused",
        expr: `sum by (redpanda_status) (increase(redpanda_schema_registry_request_errors_total{redpanda_status=~"409|422|4xx"}[${memory}])) > 0`,
        for: "0s",
        severity: "warning",
        summary: "The schema registry refused requests with {{ $labels.redpanda_status }}",
        action: "Read the registry's log for the subject, and try the schema out before you register it again.",
        runbook: "schemas-refused",
      },
      {
        name: "OutboxStuck",
        expr: `(sum by (service) (min_over_time(${backlog}[${window}])) > 0 unless on (service) ${published} > 0) or sum by (service) (${backlog}) > ${LARGE_BACKLOG}`,
        for: "1m",
        severity: "critical",
        summary: "{{ $labels.service }} has {{ $value }} events that the broker does not take",
        action: "Check the broker first; if it answers, the service's log names the topic that refuses.",
        runbook: "outbox-stuck",
      },
    ],
  };
}
