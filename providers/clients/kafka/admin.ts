import { connect as connectSecurely } from "node:tls";
import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Admin, ISocketFactory } from "kafkajs";
import { errorReason, isLostConnection, retry } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { type PortForwarder, withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";

/** Where a broker is. */
export interface BrokerAddress {
  /** `host:port` of at least one broker; the others, and their addresses, are asked of it. */
  brokers: string[];
  /**
   * Reaches hosts like `redpanda.dev-infra.svc`, also those that a broker names as its own address.
   */
  cluster?: ClusterAccess | undefined;
}

/**
 * Runs `work` with an administration client, and again from its start when the connection breaks,
 * until the deadline. So `work` must find what an earlier try already did. Throws a
 * {@link UserError} that names the brokers.
 */
export async function withKafkaAdmin<T>(
  { brokers, cluster }: BrokerAddress,
  deadlineMs: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const hosts = brokers.map((broker) => broker.replace(/:\d+$/, ""));
  return withPortForwarder(cluster, hosts, (tunnel) => withConnectedAdmin(brokers, tunnel, deadlineMs, work));
}

async function withConnectedAdmin<T>(
  brokers: string[],
  tunnel: PortForwarder | undefined,
  deadlineMs: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const { Kafka, logLevel } = await loadKafka();
  // The client makes its own errors of a socket's; the tunnel knows which of them were hopeless.
  const transient = (error: unknown) => tunnel?.fatalError() === undefined && isTransientAdminError(error);
  return retry({ deadlineMs, isTransient: transient }, async (remainingMs) => {
    const kafka = new Kafka({
      brokers,
      clientId: "plinth",
      logLevel: logLevel.NOTHING,
      // A connection through the tunnel is several requests to an API server that may be far away.
      connectionTimeout: Math.min(remainingMs, tunnel ? 10_000 : 3_000),
      ...(tunnel && { socketFactory: createSocketFactory(tunnel) }),
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
    if (error instanceof UserError) throw error;
    const waited = isTransientAdminError(error) ? ` within ${Math.round(deadlineMs / 1000)} s` : "";
    throw new UserError(
      `the Kafka broker at ${brokers.join(", ")} did not serve the request${waited}: ${errorReason(error)}`,
    );
  });
}

/** Leads to whatever address a broker has of itself. */
function createSocketFactory(tunnel: PortForwarder): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const socket = tunnel.connect(host, port);
    return ssl ? connectSecurely({ socket, servername: host, ...ssl }, onConnect) : socket.once("connect", onConnect);
  };
}

/**
 * Answers of a broker that is starting, stopping or handing over its duties, or that has not yet
 * heard from the controller what a request before this one made: such a topic is unknown for some
 * milliseconds, or seems to have too few partitions.
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
