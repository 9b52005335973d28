import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import type { Connection } from "@platformatic/kafka";
import { UserError } from "@plinth/local/user-error.ts";
import { UnreachableError } from "../../handlers/host/unreachable.ts";
import { errorReason, isLostConnection, retry } from "../errors.ts";
import { type PortForwarder, withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import type { BrokerAddress } from "./admin.ts";

/**
 * Runs `work` on one connection to any of the brokers, and again from its start when it breaks or
 * the broker asks for patience, until the deadline. For requests that kafkajs does not know and
 * that every broker passes on to the controller. So `work` must find what an earlier try already
 * did. Throws a {@link UserError}, {@link UnreachableError} where the deadline has passed, that
 * names the brokers.
 */
export async function withBrokerConnection<T>(
  address: BrokerAddress,
  deadlineMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const brokers = address.brokers
    .map((broker) => new URL(`kafka://${broker}`))
    .map(({ hostname, port }) => ({ host: hostname, port: Number(port) }));
  const hosts = brokers.map(({ host }) => host);
  return withPortForwarder(address.cluster, hosts, (tunnel) => withConnection(brokers, tunnel, deadlineMs, work));
}

interface BrokerEndpoint {
  host: string;
  port: number;
}

async function withConnection<T>(
  brokers: BrokerEndpoint[],
  tunnel: PortForwarder | undefined,
  deadlineMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { Connection: KafkaConnection } = await import("@platformatic/kafka");
  let turn = 0;
  const transient = (error: unknown) => tunnel?.fatalError() === undefined && isTransientBrokerError(error);
  return retry({ deadlineMs, isTransient: transient }, async (remainingMs) => {
    const { host, port } = brokers[turn++ % brokers.length]!;
    const relay = tunnel && (await openSingleUseRelay(() => tunnel.connect(host, port)));
    const connection = new KafkaConnection("plinth", {
      connectTimeout: Math.min(remainingMs, 10_000),
      requestTimeout: Math.max(Math.min(remainingMs, 30_000), 1_000),
    });
    // What breaks a connection is also announced here; without a listener it would end the process.
    connection.on("error", () => undefined);
    try {
      await (relay ? connection.connect("127.0.0.1", relay.port) : connection.connect(host, port));
      return await work(connection);
    } finally {
      relay?.close();
      // A broken connection cannot be closed in order; what matters is the error that broke it.
      await connection.close().catch(() => undefined);
    }
  }).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    const [Fault, waited] = isTransientBrokerError(error)
      ? [UnreachableError, ` within ${Math.round(deadlineMs / 1000)} s`]
      : [UserError, ""];
    const reason = errorReason(error instanceof Error && error.cause !== undefined ? error.cause : error);
    const names = brokers.map(({ host, port }) => `${host}:${port}`).join(", ");
    throw new Fault(`the Kafka broker at ${names} did not serve the request${waited}: ${reason}`);
  });
}

/**
 * Another try could help. The library marks its own errors; those of several answers in one count
 * when each of them does.
 */
export function isTransientBrokerError(error: unknown): boolean {
  if (error instanceof UserError || !(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isTransientBrokerError);
  return (
    (error as { canRetry?: boolean }).canRetry === true || isLostConnection(error) || isLostConnection(error.cause)
  );
}

/**
 * A port of this machine that leads where `open` does, for a client that makes its connections
 * itself. It takes one connection, the first, and listens no longer than until then.
 */
async function openSingleUseRelay(open: () => Socket): Promise<{ port: number; close(): void }> {
  const server = createServer((near) => {
    server.close();
    const far = open();
    // Either end that breaks or ends closes the other; the client sees a lost connection.
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
