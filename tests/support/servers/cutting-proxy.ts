import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  port: number;
  /** How many connections it has cut. */
  cuts(): number;
  stop(): Promise<void>;
}

/**
 * Forwards to `target` on this machine, but cuts the connection when the server answers a request
 * that contains `marker`: the request is done, and its answer is lost. It does so for the first
 * `times` such requests, and calls `also` when each arrives.
 */
export async function startCuttingProxy(
  target: number,
  marker: string,
  times = 1,
  also = () => {},
): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    let doomed = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", end).on("close", () => {
        open.delete(socket);
        end();
      });
    }
    client.on("data", (chunk) => {
      if (!doomed && cuts < times && chunk.includes(marker)) {
        doomed = true;
        cuts++;
        also();
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => (doomed ? end() : client.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, cuts: () => cuts, stop };
}
