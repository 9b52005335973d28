import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createLane, type Lane, type Weather } from "./fault-lane.ts";

/** `requests` go to the server, `answers` come from it. */
export type Direction = "requests" | "answers";

/**
 * Stands before a server of this machine and does to its connections what networks do. A fault holds for connections there are and for those
 * that come, until {@link FaultProxy.heal}.
 */
export interface FaultProxy {
  readonly port: number;
  /** Every byte arrives so much later; nothing gets slower for being much. */
  delay(ms: number, direction?: Direction): void;
  /** Bytes a second of each connection. */
  throttle(bytesPerSecond: number, direction?: Direction): void;
  /**
   * Nothing arrives any more, and neither side is told. Of `answers` alone: the server still does what it is asked to, and nobody hears of it.
   * What was swallowed arrives once healed, as after a cable was pulled for a while.
   */
  blackHole(direction?: Direction): void;
  /** Connections are refused from now on; there stay those there are. */
  refuse(): Promise<void>;
  /** Resets every connection there is, as a server that was killed does. Returns how many they were. */
  cut(): number;
  /** New connections go to another port: the server has moved. */
  retarget(port: number): void;
  /** No fault any more. */
  heal(): Promise<void>;
  /** Connections there are, and those there have been at any time. */
  readonly open: number;
  readonly accepted: number;
  stop(): Promise<void>;
}

/**
 * @param target port of the server, on this machine
 * @param port to listen on. Clients that are told where servers are (of Kafka, by its advertised listeners) must be told of this one. @default a free one
 */
export async function faultProxy(target: number, port = 0): Promise<FaultProxy> {
  const weather: Record<Direction, Weather> = { requests: fair(), answers: fair() };
  const lanes = new Set<Lane>();
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
    const pair = [createLane(client, upstream, weather.requests), createLane(upstream, client, weather.answers)] as const;
    for (const lane of pair) lanes.add(lane);
    open.add(client);
    accepted++;
    client.once("close", () => open.delete(client));
    // The end of one side reaches the other behind all that it has said; in a black hole not at all.
    const follow = (ended: Socket, other: Socket, lane: Lane) => {
      ended.on("error", () => undefined);
      ended.once("close", (reset) =>
        lane.afterAll(() => {
          if (reset && !other.connecting) other.resetAndDestroy();
          else other.destroy();
          lanes.delete(lane);
        }),
      );
    };
    follow(client, upstream, pair[0]);
    follow(upstream, client, pair[1]);
  }

  const change = (direction: Direction | undefined, to: Partial<Weather>) => {
    for (const one of direction === undefined ? (["requests", "answers"] as const) : [direction]) Object.assign(weather[one], to);
    for (const lane of lanes) lane.look();
  };
  const cut = () => {
    const count = open.size;
    for (const client of open) client.resetAndDestroy();
    for (const lane of lanes) lane.drop();
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
    get open() {
      return open.size;
    },
    get accepted() {
      return accepted;
    },
    delay: (delayMs, direction) => change(direction, { delayMs }),
    throttle: (bytesPerSecond, direction) => change(direction, { bytesPerSecond }),
    blackHole: (direction) => change(direction, { swallowing: true }),
    refuse: close,
    cut,
    retarget(port) {
      to = port;
    },
    async heal() {
      change(undefined, fair());
      if (!server.listening) server = await listen(listening);
    },
    async stop() {
      const closing = close();
      cut();
      await closing;
    },
  };
}

function fair(): Weather {
  return { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, swallowing: false };
}
