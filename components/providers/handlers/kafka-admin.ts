import type { Admin } from "kafkajs";
import { isLostConnection, Refusal, reasonOf, retrying } from "./faults.ts";

/**
 * Runs `work` with an administration client, and again from its start when the connection breaks, until the deadline.
 * So `work` must find what an earlier try already did. Throws a {@link Refusal} that names the brokers.
 */
export async function withAdmin<T>(brokers: string[], deadlineMs: number, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { Kafka, logLevel } = await loadKafka();
  return retrying({ deadlineMs, transient: isTransient }, async (remainingMs) => {
    const kafka = new Kafka({
      brokers,
      clientId: "plinth",
      logLevel: logLevel.NOTHING,
      connectionTimeout: Math.min(remainingMs, 3_000),
      requestTimeout: Math.max(Math.min(remainingMs, 30_000), 1_000),
      // Tries again are counted by `retrying` alone: the client's own would multiply with them.
      retry: { retries: 0 },
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await work(admin);
    } finally {
      // A broken connection cannot be closed in order; what matters is the error that broke it.
      await admin.disconnect().catch(() => undefined);
    }
  }).catch((error: unknown) => {
    if (error instanceof Refusal) throw error;
    const waited = isTransient(error) ? ` within ${Math.round(deadlineMs / 1000)} s` : "";
    throw new Refusal(`the Kafka broker at ${brokers.join(", ")} did not serve the request${waited}: ${reasonOf(error)}`);
  });
}

/**
 * Answers of a broker that is starting, stopping or handing over its duties, or that has not yet heard from the controller what
 * a request before this one made: such a topic is unknown for some milliseconds, or seems to have too few partitions.
 */
const PASSING = new Set([
  "NOT_CONTROLLER",
  "LEADER_NOT_AVAILABLE",
  "COORDINATOR_NOT_AVAILABLE",
  "BROKER_NOT_AVAILABLE",
  "REQUEST_TIMED_OUT",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "INVALID_PARTITIONS",
]);

function isTransient(error: unknown): boolean {
  if (error instanceof Refusal || !(error instanceof Error)) return false;
  if (error.cause instanceof Error && isTransient(error.cause)) return true;
  const { type } = error as { type?: string };
  return (
    /KafkaJS(Connection|RequestTimeout|NumberOfRetriesExceeded|BrokerNotFound)/.test(error.name) ||
    PASSING.has(type ?? "") ||
    isLostConnection(error)
  );
}

async function loadKafka(): Promise<typeof import("kafkajs")> {
  silenceNegativeTimeouts();
  return (await import("kafkajs")).default;
}

let silenced = false;

/** kafkajs 2.2.4 hands setTimeout a time in the past, which Node 24 warns about in the middle of a plan. Only that warning is dropped. */
export function silenceNegativeTimeouts(): void {
  if (silenced) return;
  silenced = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") emit(...args);
  };
}
