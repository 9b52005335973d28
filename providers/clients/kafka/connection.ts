import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import type { Connection } from "@platformatic/kafka";
import { UserError } from "@plinth/local/user-error.ts";
import { errorReason, isLostConnection } from "../errors.ts";
import type { PortForwarder } from "../kubernetes/port-forward/forwarder.ts";
import { withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import { requestServer } from "../retry.ts";
import type { BrokerAddress } from "./admin.ts";

/**
 * Runs `work` on one connection to any of the brokers, for requests that kafkajs does not have and
 * that every broker passes on to the controller. Runs it again from its start when the connection
 * breaks or the broker asks to try later, until the deadline. So `work` must be safe to repeat.
 * Throws a {@link UserError} that names the brokers, an `UnreachableError` once the deadline has
 * passed.
 */
export async function withBrokerConnection<T>(
  { brokers, cluster }: BrokerAddress,
  deadlineMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const endpoints = brokers
    .map((broker) => new URL(`kafka://${broker}`))
    .map(({ hostname, port }) => ({ host: hostname, port: Number(port) }));
  const hosts = endpoints.map(({ host }) => host);
  return withPortForwarder(cluster, hosts, (forwarder) => withConnection(endpoints, forwarder, deadlineMs, work));
}

interface BrokerEndpoint {
  host: string;
  port: number;
}

async function withConnection<T>(
  endpoints: BrokerEndpoint[],
  forwarder: PortForwarder | undefined,
  deadlineMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { Connection: KafkaConnection } = await import("@platformatic/kafka");
  const server = `the Kafka broker at ${endpoints.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
  const isTransient = (error: unknown) => forwarder?.fatalError() === undefined && isTransientBrokerError(error);
  let attempts = 0;
  return requestServer({ server, deadlineMs, isTransient, describeError: describeCause }, async (remainingMs) => {
    const { host, port } = endpoints[attempts++ % endpoints.length]!;
    const relay = forwarder && (await openSingleUseRelay(() => forwarder.connect(host, port)));
    const connection = new KafkaConnection("plinth", {
      connectTimeout: Math.min(remainingMs, 10_000),
      requestTimeout: Math.max(Math.min(remainingMs, 30_000), 1_000),
    });
    // Emitted as well when a connection breaks; unheard, it would end the process.
    connection.on("error", () => undefined);
    try {
      await (relay ? connection.connect("127.0.0.1", relay.port) : connection.connect(host, port));
      return await work(connection);
    } finally {
      relay?.close();
      // Closing a broken connection fails too; the error that broke it is the one to report.
      await connection.close().catch(() => undefined);
    }
  });
}

/** The library wraps a socket's error; the socket's own says why. */
const describeCause = (error: unknown): string =>
  errorReason(error instanceof Error && error.cause !== undefined ? error.cause : error);

/**
 * True if another try could help. The library marks its own errors; an aggregate of several answers
 * is transient if each of them is.
 */
export function isTransientBrokerError(error: unknown): boolean {
  if (error instanceof UserError || !(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isTransientBrokerError);
  return (
    (error as { canRetry?: boolean }).canRetry === true || isLostConnection(error) || isLostConnection(error.cause)
  );
}

/**
 * Opens a port of this machine that leads where `open` does, for a client that opens its
 * connections itself. It accepts one connection and then stops listening.
 */
async function openSingleUseRelay(open: () => Socket): Promise<{ port: number; close(): void }> {
  const server = createServer((near) => {
    server.close();
    const far = open();
    // An end that breaks or closes also closes the other: the client sees a lost connection.
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      pipeline(from, to, () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
