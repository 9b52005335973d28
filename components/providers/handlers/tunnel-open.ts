import { connect, type Socket } from "node:net";
import type { ClusterReach } from "../cluster-reach.ts";
import { ApiServer } from "./api-server.ts";
import { Refusal } from "./faults.ts";
import type { Tunnel } from "./tunnel.ts";
import { parseServiceName } from "./tunnel-name.ts";
import { type Dial, TunnelSocket } from "./tunnel-socket.ts";
import { Ways } from "./tunnel-ways.ts";

/**
 * Gets ready to connect into a cluster; opens no connection yet. For as long as one call of a provider, which closes it.
 * Throws a {@link Refusal} about the kubeconfig. `timeoutMs`: how long each request to the API server may take.
 */
export async function openTunnel(reach: ClusterReach, timeoutMs?: number): Promise<Tunnel> {
  const api = await ApiServer.of(reach.context, timeoutMs);
  const open = new Set<Socket>();
  const ways = new Ways(api);
  let refusal: Refusal | undefined;
  const track = <S extends Socket>(socket: S): S => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    return socket;
  };
  const dial: Dial = (host, port, signal) =>
    ways.dial(host, port, signal).catch((error: unknown) => {
      if (error instanceof Refusal) refusal ??= error;
      throw error;
    });
  // The part of net.Socket that database, broker and HTTP clients use is there.
  const socket = () => track(new TunnelSocket(dial) as unknown as Socket);
  return {
    connect: (host, port) => (parseServiceName(host) ? socket().connect(port, host) : track(connect({ host, port }))),
    socket,
    refusal: () => refusal,
    async close() {
      ways.close();
      const closed = [...open].map((one) => new Promise((resolve) => one.once("close", resolve)));
      for (const one of open) one.destroy();
      await Promise.all(closed);
    },
  };
}
