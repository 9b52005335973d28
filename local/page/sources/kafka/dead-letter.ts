import type { IHeaders } from "kafkajs";
import { PageError } from "../../model/page-error.ts";
import { isInternalTopic } from "./internal-topic.ts";

/** Topics that hold dead letters, as `deadLetterTopic` of the schemas' catalogue names them. */
export function isDeadLetterTopic(topic: string): boolean {
  return topic.endsWith("_DLQ");
}

/** Set by the consumer that gave a record up; see services/kit/kafka/retry-topics.ts. */
const PREFIX = "dead_letter_";

/**
 * Where a dead letter was first read, and the headers that it had there. It goes to the partition
 * that it came from, among the other records of its key.
 *
 * @throws {@link PageError} 409 for another record, or one whose value was dropped
 */
export function originOf(headers: IHeaders, letter: { topic: string; partition: number; offset: string }) {
  const text = (name: string) => headers[PREFIX + name]?.toString();
  const [topic, partition] = [text("topic"), Number(text("partition") || "none")];
  if (topic === undefined || !Number.isInteger(partition) || partition < 0)
    throw new PageError(409, `This record is not a dead letter: it has no header ${PREFIX}topic or ${PREFIX}partition`);
  // Anyone who may write dead letters chooses their headers.
  if (isInternalTopic(topic))
    throw new PageError(409, `This record is not replayed: ${topic} belongs to the broker or the schema registry`);
  if (text("value") !== undefined)
    throw new PageError(
      409,
      `Its value was too large for the dead letters: replay it from ${topic}[${partition}]@${text("offset")}`,
    );
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith(PREFIX) && !name.startsWith("retry_"));
  const replayed = { replayed_from: `${letter.topic}[${letter.partition}]@${letter.offset}` };
  return { topic, partition, headers: { ...Object.fromEntries(kept), ...replayed } };
}
