import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createLink, type Link, type LinkConditions } from "./fault-link.ts";

/** `requests` go to the server, `answers` come from it. */
export type LinkDirection = "requests" | "answers";

/**
 * Stands before a server of this machine and does to its connections what networks do. A fault
 * holds for connections there are and for those that come, until {@link FaultProxy.heal}.
 */
export interface FaultProxy {
  readonly port: number;
  /** Every byte arrives so much later; nothing gets slower for being much. */
  delay(ms: number, direction?: LinkDirection): void;
  /** Bytes a second of each connection. */
  throttle(bytesPerSecond: number, direction?: LinkDirection): void;
  /**
   * Nothing arrives any more, and neither side is told. Of `answers` alone: the server still does
   * what it is asked to, and nobody hears of it. What was swallowed arrives once healed, as after a
   * cable was pulled for a while.
   */
  blackHole(direction?: LinkDirection): void;
  /** Connections are refused from now on; there stay those there are. */
  refuse(): Promise<void>;
  /**
   * Resets every connection there is, as a server that was killed does. Returns how many they were.
   */
  resetConnections(): number;
  /** New connections go to another port: the server has moved. */
  retarget(port: number): void;
  /** No fault any more. */
  heal(): Promise<void>;
  /** Connections there are, and those there have been at any time. */
  readonly openConnections: number;
  readonly acceptedConnections: number;
  stop(): Promise<void>;
}

/**
 * @param target port of the server, on this machine
 * @param port to listen on. Clients that are told where servers are (of Kafka, by its advertised
 * listeners) must be told of this one. @default a free one
 */
export async function startFaultProxy(target: number, port = 0): Promise<FaultProxy> {
  const weather: Record<LinkDirection, LinkConditions> = { requests: noFaults(), answers: noFaults() };
  const lanes = new Set<Link>();
  const open = new Set<Socket>();
  let to = target;
  let accepted = 0;
  let server = await listen(port);
  const listening = (server.address() as AddressInfo).port;

  async function listen(at: number): Promise<Server> {
    // Half-open: a side that has said all may still be told something.
    const made = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    made.listen(at, "127.0.0.1");
    await once(made, "listening");
    return made;
  }

  function accept(client: Socket): void {
    const upstream = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const pair = [
      createLink(client, upstream, weather.requests),
      createLink(upstream, client, weather.answers),
    ] as const;
    for (const lane of pair) lanes.add(lane);
    open.add(client);
    accepted++;
    client.once("close", () => open.delete(client));
    // The end of one side reaches the other behind all that it has said; in a black hole not at
    // all.
    const follow = (ended: Socket, other: Socket, lane: Link) => {
      ended.on("error", () => undefined);
      ended.once("close", (reset) =>
        lane.afterDelivery(() => {
          if (reset && !other.connecting) other.resetAndDestroy();
          else other.destroy();
          lanes.delete(lane);
        }),
      );
    };
    follow(client, upstream, pair[0]);
    follow(upstream, client, pair[1]);
  }

  const change = (direction: LinkDirection | undefined, to: Partial<LinkConditions>) => {
    for (const one of direction === undefined ? (["requests", "answers"] as const) : [direction])
      Object.assign(weather[one], to);
    for (const lane of lanes) lane.applyConditions();
  };
  const cut = () => {
    const count = open.size;
    for (const client of open) client.resetAndDestroy();
    for (const lane of lanes) lane.destroy();
    return count;
  };
  const close = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    // Closing waits for connections; refusing does not end them.
    if (open.size === 0) await closed;
  };
  return {
    port: listening,
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
    resetConnections: cut,
    retarget(port) {
      to = port;
    },
    async heal() {
      change(undefined, noFaults());
      if (!server.listening) server = await listen(listening);
    },
    async stop() {
      const closing = close();
      cut();
      await closing;
    },
  };
}

function noFaults(): LinkConditions {
  return { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, blackHoled: false };
}
