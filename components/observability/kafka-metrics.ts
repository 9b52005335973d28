import { deadLetterTopic } from "@plinth/schemas/catalog.ts";
import { selector } from "./promql.ts";

/** Matches the topics of dead letters. */
export const DEAD_LETTERS = `redpanda_topic=~".+${deadLetterTopic("")}"`;

/** Next offset of each partition. In a cluster every replica of a partition has a series. */
export function newestOffsets(...matchers: string[]): string {
  return selector("redpanda_kafka_max_offset", ...matchers);
}

/**
 * Records that each group has not committed, by group and topic.
 *
 * @param offset such as `30s` for the lag that long ago
 */
export function consumerGroupLag(offset?: string): string {
  const ago = offset === undefined ? "" : ` offset ${offset}`;
  const written = `max by (redpanda_topic, redpanda_partition) (${newestOffsets()}${ago})`;
  const committed = `max by (redpanda_group, redpanda_topic, redpanda_partition) (redpanda_kafka_consumer_group_committed_offset${ago})`;
  const lag = `${written} - on (redpanda_topic, redpanda_partition) group_right () ${committed}`;
  return `sum by (redpanda_group, redpanda_topic) (clamp_min(${lag}, 0))`;
}
