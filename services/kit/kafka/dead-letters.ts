import { isInstance } from "../core/caught-value.ts";
import { parseCorrelationId } from "../core/correlation-id.ts";
import { sqlState } from "../core/database-errors.ts";
import type { Logger } from "../core/logger.ts";
import { parseTraceparent } from "../core/trace-context.ts";
import type { Counter } from "../telemetry/prometheus-series.ts";
import { type Bus, isRecordTooLarge } from "./bus.ts";
import type { FetchedBatch } from "./group-member.ts";
import { PoisonEvent } from "./received-event.ts";
import { headerText, type OutgoingRecord, type ReceivedRecord, UnreadableRecord } from "./record.ts";
import {
  createRetryStateReader,
  dropContent,
  dropValue,
  type RecordOrigin,
  type RetryStage,
  toDeadLetter,
  toRetryRecord,
  truncateReason,
} from "./retry-topics.ts";

export interface DeadLetterSettings {
  bus: Bus;
  logger: Logger;
  group: string;
  /** The topic that the group reads besides its retry topics. */
  topic: string;
  deadLetterTopic: string;
  /** @default none: a failed record becomes a dead letter at once */
  retryStages: readonly RetryStage[];
  /** Counts records by topic and result, `retried` or `dead_letter`. */
  results: Counter<"topic" | "result">;
  deadLetters: Counter<"topic" | "group">;
}

/**
 * Returns a function that moves a failed record to its next retry stage, or to the dead letters if
 * there is none left or no attempt can help. It rejects while the broker is away.
 */
export function createRetryOrDeadLetter(settings: DeadLetterSettings) {
  const { bus, logger, group, deadLetterTopic, retryStages, results, deadLetters } = settings;
  const readState = createRetryStateReader(retryStages);
  // Not the origin's topic, a header that any producer of a retry topic may write.
  const deadLettersOfTopic = deadLetters.labels(settings.topic, group);
  return async (
    record: ReceivedRecord,
    { topic, partition }: Pick<FetchedBatch, "topic" | "partition">,
    reason: unknown,
  ): Promise<void> => {
    const earlier = readState(topic, record);
    const origin: RecordOrigin = earlier?.origin ?? { group, topic, partition, offset: record.offset };
    const attempts = (earlier?.attempts ?? 0) + 1;
    const deadLetter = toDeadLetter(record, deadLetterTopic, origin, attempts, reason);
    const hopeless = isInstance(reason, UnreadableRecord) || isPermanentFailure(reason);
    let stage = hopeless ? undefined : retryStages[attempts - 1];
    try {
      await bus.publish([stage ? toRetryRecord(record, stage, origin, attempts, reason) : deadLetter]);
    } catch (error) {
      if (!isRecordTooLarge(error)) throw error;
      // The broker refuses it however often it is sent, and it would block its partition for ever.
      stage = undefined;
      await publishSmaller(bus, deadLetter);
    }
    results.labels(topic, stage ? "retried" : "dead_letter").inc();
    if (!stage) deadLettersOfTopic.inc();
    const facts = {
      ...origin,
      attempts,
      reason: truncateReason(reason),
      ...recordIds(record),
    };
    if (stage)
      logger.warn({ ...facts, retry_topic: stage.topic, after_ms: stage.delayMs }, "event waits in a retry topic");
    else logger.error({ ...facts, dead_letter_topic: deadLetterTopic }, "event went to the dead letters");
  };
}

/** Without its value, and if even its key or headers leave no room, without those. */
async function publishSmaller(bus: Bus, deadLetter: OutgoingRecord): Promise<void> {
  try {
    await bus.publish([dropValue(deadLetter)]);
  } catch (error) {
    if (!isRecordTooLarge(error)) throw error;
    await bus.publish([dropContent(deadLetter)]);
  }
}

/** The ids that the record's sender gave, as far as a log line can hold them. */
function recordIds({ headers }: ReceivedRecord): Record<string, unknown> {
  const trace = parseTraceparent(headerText(headers, "traceparent"));
  const tenant = headerText(headers, "tenant_id");
  return {
    correlation_id: parseCorrelationId(headerText(headers, "correlation_id")),
    ...(trace && { trace_id: trace.traceId, span_id: trace.spanId }),
    ...(tenant !== undefined && /^[1-9]\d{0,15}$/.test(tenant) && { tenant_id: Number(tenant) }),
  };
}

/** True for poison, and for the database's integrity and data errors: no retry changes those. */
export function isPermanentFailure(error: unknown): boolean {
  return isInstance(error, PoisonEvent) || /^2[23]/.test(sqlState(error));
}
