import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createLink, type Link, type LinkConditions } from "./fault-link.ts";

/** `requests` go to the server; `answers` come from it. */
export type LinkDirection = "requests" | "answers";

/**
 * A proxy before a server of this machine that injects network faults. A fault applies to open and
 * new connections until {@link FaultProxy.heal}.
 */
export interface FaultProxy {
  readonly port: number;
  /** Delays every byte; the throughput stays the same. */
  delay(ms: number, direction?: LinkDirection): void;
  /** Limits the bytes a second of each connection. */
  throttle(bytesPerSecond: number, direction?: LinkDirection): void;
  /**
   * Lets nothing arrive, and neither side notices. With `answers` alone the server still does its
   * work, but its answers are held back. Held bytes arrive after healing, as when a cable was
   * pulled for a while.
   */
  blackHole(direction?: LinkDirection): void;
  /** Refuses new connections; open ones stay. */
  refuse(): Promise<void>;
  /**
   * Resets every open connection, as a killed server does. Returns their number.
   */
  resetConnections(): number;
  /** Sends new connections to another port, as if the server had moved. */
  retarget(port: number): void;
  /** Ends all faults. */
  heal(): Promise<void>;
  readonly openConnections: number;
  /** All connections so far. */
  readonly acceptedConnections: number;
  stop(): Promise<void>;
}

/**
 * @param target port of the server, on this machine
 * @param port to listen on. A server that advertises its own address, such as Kafka, must advertise
 * this port. @default a free one
 */
export async function startFaultProxy(target: number, port = 0): Promise<FaultProxy> {
  const conditions: Record<LinkDirection, LinkConditions> = { requests: noFaults(), answers: noFaults() };
  const links = new Set<Link>();
  const open = new Set<Socket>();
  let targetPort = target;
  let accepted = 0;
  let server = await listen(port);
  const listenPort = (server.address() as AddressInfo).port;

  async function listen(port: number): Promise<Server> {
    // Half-open: a side that has ended may still receive.
    const created = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    created.listen(port, "127.0.0.1");
    await once(created, "listening");
    return created;
  }

  function accept(client: Socket): void {
    const upstream = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const pair = [
      createLink(client, upstream, conditions.requests),
      createLink(upstream, client, conditions.answers),
    ] as const;
    for (const link of pair) links.add(link);
    open.add(client);
    accepted++;
    client.once("close", () => open.delete(client));
    // The end of one side reaches the other after all its bytes, and never in a black hole.
    const forwardEnd = (ended: Socket, other: Socket, link: Link) => {
      ended.on("error", () => undefined);
      ended.once("close", (reset) =>
        link.afterDelivery(() => {
          if (reset && !other.connecting) other.resetAndDestroy();
          else other.destroy();
          links.delete(link);
        }),
      );
    };
    forwardEnd(client, upstream, pair[0]);
    forwardEnd(upstream, client, pair[1]);
  }

  const change = (direction: LinkDirection | undefined, changes: Partial<LinkConditions>) => {
    for (const changed of direction === undefined ? (["requests", "answers"] as const) : [direction])
      Object.assign(conditions[changed], changes);
    for (const link of links) link.applyConditions();
  };
  const resetConnections = () => {
    const count = open.size;
    for (const client of open) client.resetAndDestroy();
    for (const link of links) link.destroy();
    return count;
  };
  const close = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    // Closing waits for open connections, and refusing leaves them open.
    if (open.size === 0) await closed;
  };
  return {
    port: listenPort,
    get openConnections() {
      return open.size;
    },
    get acceptedConnections() {
      return accepted;
    },
    delay: (delayMs, direction) => change(direction, { delayMs }),
    throttle: (bytesPerSecond, direction) => change(direction, { bytesPerSecond }),
    blackHole: (direction) => change(direction, { blackHoled: true }),
    refuse: close,
    resetConnections,
    retarget(port) {
      targetPort = port;
    },
    async heal() {
      change(undefined, noFaults());
      if (!server.listening) server = await listen(listenPort);
    },
    async stop() {
      const closing = close();
      resetConnections();
      await closing;
    },
  };
}

function noFaults(): LinkConditions {
  return { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, blackHoled: false };
}
