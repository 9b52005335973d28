import { integer, platformVariables, port, readEnv, text } from "@plinth/kit/core/env.ts";
import { deadLetterTopic, retryTopics } from "@plinth/schemas/catalog.ts";

const [firstRetry, secondRetry, thirdRetry] = retryTopics("user-events", 3) as [string, string, string];

const highloadVariables = {
  ...platformVariables,
  PORT: port(8080),
  SERVICE_NAME: text("highload"),
  /** Tenant of the requests that name none. */
  DEFAULT_TENANT_ID: integer(1, Number.MAX_SAFE_INTEGER, 10_001),
  /** Batches of events processed at the same time. */
  WORKERS: integer(1, 64, 8),
  TOPIC_USER_EVENTS: text("user-events"),
  TOPIC_USER_EVENTS_RETRY_1: text(firstRetry),
  TOPIC_USER_EVENTS_RETRY_2: text(secondRetry),
  TOPIC_USER_EVENTS_RETRY_3: text(thirdRetry),
  TOPIC_USER_EVENTS_DLQ: text(deadLetterTopic("user-events")),
} as const;

export type HighloadEnv = ReturnType<typeof readHighloadEnv>;

/** @throws one Error that lists every fault of the environment */
export function readHighloadEnv(source: Record<string, string | undefined> = process.env) {
  return readEnv(highloadVariables, source);
}
