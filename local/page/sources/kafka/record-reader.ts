import type { Admin, Kafka, KafkaMessage } from "kafkajs";
import type { OffsetRange } from "../../../kafka/reading-progress.ts";
import { readTopic, StalledReadingError } from "../../../kafka/topic-reader.ts";
import { PageError } from "../../model/page-error.ts";

export interface BrokerClients {
  kafka: Kafka;
  /** Connected. */
  admin: Admin;
}

export type FetchedRecord = KafkaMessage & { partition: number };

const TIMEOUT_MS = 8000;

/**
 * Reads ranges of a topic into memory.
 *
 * @throws {@link PageError} 504 if the broker does not deliver them in time
 */
export async function readRecords(
  clients: BrokerClients,
  topic: string,
  ranges: readonly OffsetRange[],
): Promise<FetchedRecord[]> {
  const found: FetchedRecord[] = [];
  const take = async (partition: number, messages: KafkaMessage[]) => {
    for (const message of messages) found.push({ ...message, partition });
  };
  try {
    await readTopic({ ...clients, topic, ranges, take, groupPrefix: "plinth-page-", patienceMs: TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof StalledReadingError)) throw error;
    throw new PageError(504, `The broker did not deliver the records of ${topic} within ${TIMEOUT_MS / 1000} s`);
  }
  return found;
}
