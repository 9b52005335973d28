import type { Admin, Kafka } from "kafkajs";

/**
 * An administration client whose requests fail with an error that says so. kafkajs asks one broker
 * after another for metadata, forgets why each failed, and takes the answer of none apart:
 * "Cannot destructure property 'topicMetadata' of '(intermediate value)' as it is null".
 */
export function createAdmin(kafka: Kafka): Admin {
  const admin = kafka.admin();
  const guarded = Object.entries(admin).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === "function" ? guard(member as Request) : member,
  ]);
  return Object.fromEntries(guarded) as Admin;
}

type Request = (...args: unknown[]) => unknown;

function guard(request: Request): Request {
  return (...args) => {
    const answer = request(...args);
    return answer instanceof Promise ? answer.catch(rethrow) : answer;
  };
}

function rethrow(error: unknown): never {
  if (!(error instanceof TypeError)) throw error;
  // The name and the mark by which callers know that another attempt may succeed.
  const unanswered = new Error("no broker answered: each connection closed, or its request timed out", {
    cause: error,
  });
  throw Object.assign(unanswered, { name: "KafkaJSConnectionError", retriable: true });
}
