import { connect as connectSecurely } from "node:tls";
import { createAdmin } from "@plinth/local/kafka/admin.ts";
import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Admin, ISocketFactory } from "kafkajs";
import { isLostConnection } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import type { PortForwarder } from "../kubernetes/port-forward/forwarder.ts";
import { withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import { requestServer } from "../retry.ts";

/** Where a broker is. */
export interface BrokerAddress {
  /** `host:port` of at least one broker, which names the others. */
  brokers: string[];
  /** Where hosts like `redpanda.dev-infra.svc` are, also those that a broker advertises. */
  cluster?: ClusterAccess | undefined;
}

/**
 * Runs `work` with an administration client, and again from its start when the connection breaks,
 * until the deadline. So `work` must be safe to repeat. Throws a {@link UserError} that names the
 * brokers.
 */
export async function withKafkaAdmin<T>(
  { brokers, cluster }: BrokerAddress,
  deadlineMs: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const hosts = brokers.map((broker) => broker.replace(/:\d+$/, ""));
  return withPortForwarder(cluster, hosts, (forwarder) => withConnectedAdmin(brokers, forwarder, deadlineMs, work));
}

async function withConnectedAdmin<T>(
  brokers: string[],
  forwarder: PortForwarder | undefined,
  deadlineMs: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const { Kafka, logLevel } = await loadKafka();
  // The client wraps a socket's errors; the forwarder knows which of them were fatal.
  const isTransient = (error: unknown) => forwarder?.fatalError() === undefined && isTransientAdminError(error);
  const server = `the Kafka broker at ${brokers.join(", ")}`;
  return requestServer({ server, deadlineMs, isTransient }, async (remainingMs) => {
    const kafka = new Kafka({
      brokers,
      clientId: "plinth",
      logLevel: logLevel.NOTHING,
      // A port-forward takes several requests to an API server that may be far away.
      connectionTimeout: Math.min(remainingMs, forwarder ? 10_000 : 3_000),
      ...(forwarder && { socketFactory: createSocketFactory(forwarder) }),
      requestTimeout: Math.max(Math.min(remainingMs, 30_000), 1_000),
      // `requestServer` alone retries: the client's own retries would multiply with it.
      retry: { retries: 0 },
    });
    const admin = createAdmin(kafka);
    try {
      await admin.connect();
      return await work(admin);
    } finally {
      // Closing a broken connection fails too; the error that broke it is the one to report.
      await admin.disconnect().catch(() => undefined);
    }
  });
}

/** Connects to whatever address a broker advertises. */
function createSocketFactory(forwarder: PortForwarder): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const socket = forwarder.connect(host, port);
    return ssl ? connectSecurely({ socket, servername: host, ...ssl }, onConnect) : socket.once("connect", onConnect);
  };
}

/**
 * Errors of a broker that is starting, stopping or moving its leaders, or that has not yet heard
 * from the controller what an earlier request created: for some milliseconds the topic is unknown,
 * or has too few partitions.
 */
const TRANSIENT_ERROR_TYPES = new Set([
  "NOT_CONTROLLER",
  "LEADER_NOT_AVAILABLE",
  "COORDINATOR_NOT_AVAILABLE",
  "BROKER_NOT_AVAILABLE",
  "REQUEST_TIMED_OUT",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "INVALID_PARTITIONS",
]);

function isTransientAdminError(error: unknown): boolean {
  if (error instanceof UserError || !(error instanceof Error)) return false;
  if (error.cause instanceof Error && isTransientAdminError(error.cause)) return true;
  const { type } = error as { type?: string };
  return (
    /KafkaJS(Connection|RequestTimeout|NumberOfRetriesExceeded|BrokerNotFound)/.test(error.name) ||
    TRANSIENT_ERROR_TYPES.has(type ?? "") ||
    isLostConnection(error)
  );
}

async function loadKafka(): Promise<typeof import("kafkajs")> {
  silenceNegativeTimeoutWarnings();
  return (await import("kafkajs")).default;
}
