import { connect as connectSecurely } from "node:tls";
import { silenceNegativeTimeouts } from "@plinth/runtime/negative-timeouts.ts";
import type { Admin, ISocketFactory } from "kafkajs";
import type { ClusterReach } from "../cluster-reach.ts";
import { isLostConnection, Refusal, reasonOf, retrying } from "./faults.ts";
import { type Tunnel, withTunnel } from "./tunnel.ts";

/** Where a broker is. */
export interface BrokerAddress {
  /** `host:port` of at least one broker; the others, and their addresses, are asked of it. */
  brokers: string[];
  /** Reaches hosts like `redpanda.dev-infra.svc`, also those that a broker names as its own address. */
  cluster?: ClusterReach | undefined;
}

/**
 * Runs `work` with an administration client, and again from its start when the connection breaks, until the deadline.
 * So `work` must find what an earlier try already did. Throws a {@link Refusal} that names the brokers.
 */
export async function withAdmin<T>(
  { brokers, cluster }: BrokerAddress,
  deadlineMs: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const hosts = brokers.map((broker) => broker.replace(/:\d+$/, ""));
  return withTunnel(cluster, hosts, (tunnel) => administered(brokers, tunnel, deadlineMs, work));
}

async function administered<T>(
  brokers: string[],
  tunnel: Tunnel | undefined,
  deadlineMs: number,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const { Kafka, logLevel } = await loadKafka();
  // The client makes its own errors of a socket's; the tunnel knows which of them were hopeless.
  const transient = (error: unknown) => tunnel?.refusal() === undefined && isTransient(error);
  return retrying({ deadlineMs, transient }, async (remainingMs) => {
    const kafka = new Kafka({
      brokers,
      clientId: "plinth",
      logLevel: logLevel.NOTHING,
      // A connection through the tunnel is several requests to an API server that may be far away.
      connectionTimeout: Math.min(remainingMs, tunnel ? 10_000 : 3_000),
      ...(tunnel && { socketFactory: socketsOf(tunnel) }),
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

/** Leads to whatever address a broker has of itself. */
function socketsOf(tunnel: Tunnel): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const socket = tunnel.connect(host, port);
    return ssl ? connectSecurely({ socket, servername: host, ...ssl }, onConnect) : socket.once("connect", onConnect);
  };
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
