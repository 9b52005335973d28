import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands before a server of this machine and passes every byte on, until it is told to cut. */
export interface Relay {
  port: number;
  /** Resets every connection there is; new ones go through. Returns how many they were. */
  cut(): number;
  stop(): Promise<void>;
}

export async function relay(target: number): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    open.add(client);
    client.once("close", () => open.delete(client));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.once("error", () => to.destroy()).once("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    const cuts = open.size;
    for (const socket of open) socket.resetAndDestroy();
    return cuts;
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
