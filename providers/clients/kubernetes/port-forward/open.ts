import { connect, type Socket } from "node:net";
import { UserError } from "@plinth/local/user-error.ts";
import type { ClusterAccess } from "../access.ts";
import { ApiServer } from "../api-server.ts";
import { PodDialer } from "./dialer.ts";
import type { PortForwarder } from "./forwarder.ts";
import { parseServiceName } from "./service-name.ts";
import { type DialPod, PortForwardSocket } from "./socket.ts";

/**
 * Prepares connections into a cluster for one call of a provider, which closes the forwarder. Opens
 * none yet.
 *
 * @param timeoutMs how long each request to the API server may take
 * @throws {UserError} about the kubeconfig
 */
export async function openPortForwarder(cluster: ClusterAccess, timeoutMs?: number): Promise<PortForwarder> {
  const api = await ApiServer.forContext(cluster.context, timeoutMs);
  const sockets = new Set<Socket>();
  const dialer = new PodDialer(api);
  let fatalError: UserError | undefined;
  const track = <S extends Socket>(socket: S): S => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  const dial: DialPod = (host, port, signal) =>
    dialer.dial(host, port, signal).catch((error: unknown) => {
      if (error instanceof UserError) fatalError ??= error;
      throw error;
    });
  // It has the part of net.Socket that database, broker and HTTP clients use.
  const createSocket = () => track(new PortForwardSocket(dial) as unknown as Socket);
  return {
    connect: (host, port) =>
      parseServiceName(host) ? createSocket().connect(port, host) : track(connect({ host, port })),
    createSocket,
    fatalError: () => fatalError,
    async close() {
      dialer.close();
      const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}
