import { connect, type Socket } from "node:net";
import { UserError } from "@plinth/local/user-error.ts";
import type { ClusterAccess } from "../access.ts";
import { ApiServer } from "../api-server.ts";
import { PodDialer } from "./dialer.ts";
import { parseServiceName } from "./service-name.ts";
import { type DialPod, PortForwardSocket } from "./socket.ts";
import type { PortForwarder } from "./with-forwarder.ts";

/**
 * Gets ready to connect into a cluster; opens no connection yet. For as long as one call of a
 * provider, which closes it. Throws a {@link UserError} about the kubeconfig. `timeoutMs`: how long
 * each request to the API server may take.
 */
export async function openPortForwarder(reach: ClusterAccess, timeoutMs?: number): Promise<PortForwarder> {
  const api = await ApiServer.forContext(reach.context, timeoutMs);
  const open = new Set<Socket>();
  const ways = new PodDialer(api);
  let refusal: UserError | undefined;
  const track = <S extends Socket>(socket: S): S => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    return socket;
  };
  const dial: DialPod = (host, port, signal) =>
    ways.dial(host, port, signal).catch((error: unknown) => {
      if (error instanceof UserError) refusal ??= error;
      throw error;
    });
  // The part of net.Socket that database, broker and HTTP clients use is there.
  const socket = () => track(new PortForwardSocket(dial) as unknown as Socket);
  return {
    connect: (host, port) => (parseServiceName(host) ? socket().connect(port, host) : track(connect({ host, port }))),
    createSocket: socket,
    fatalError: () => refusal,
    async close() {
      ways.close();
      const closed = [...open].map((one) => new Promise((resolve) => one.once("close", resolve)));
      for (const one of open) one.destroy();
      await Promise.all(closed);
    },
  };
}
