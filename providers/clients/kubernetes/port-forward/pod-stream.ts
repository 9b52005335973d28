import type { Socket } from "node:net";
import type { ApiServer } from "../api-server.ts";
import { readText } from "../api-server.ts";
import type { PodRoute } from "./pod-route.ts";
import type { PodStream } from "./socket.ts";

/** How long the other side may take to answer our closing message. */
const CLOSE_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_DELAY_MS = 30_000;

/**
 * Asks the API server for a connection to a port of a pod: one WebSocket for each. The protocol
 * with channels rather than the one that kubectl tunnels through it (SPDY): every kubelet serves
 * both.
 *
 * The library's own `PortForward` is not used: it neither tells a cut connection from an ended one
 * nor minds that a reader is slow.
 */
export async function openPodStream(
  api: ApiServer,
  { namespace, pod, port }: PodRoute,
  signal: AbortSignal,
): Promise<PodStream> {
  const [{ WebSocket: Client }, options] = await Promise.all([import("ws"), api.credentials()]);
  signal.throwIfAborted();
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
  const settings = {
    ...options,
    perMessageDeflate: false,
    handshakeTimeout: api.timeoutMs,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const webSocket = new Client(api.server.replace(/^http/, "ws") + path, "v4.channel.k8s.io", settings);
  const abandon = () => webSocket.terminate();
  signal.addEventListener("abort", abandon, { once: true });
  return new Promise<PodStream>((resolve, reject) => {
    let socket: Socket;
    // Also for errors after the opening: a 'close' follows each, and an unheard 'error' would end
    // the process.
    webSocket.on("error", (error) => reject(signal.aborted ? (signal.reason as Error) : api.connectionError(error)));
    webSocket.on("unexpected-response", (request, response) => {
      readText(response)
        .then((text) => reject(api.responseError(response.statusCode ?? 0, text, `GET ${path}`)))
        .catch((error: unknown) => reject(api.connectionError(error)))
        .finally(() => {
          request.destroy();
          webSocket.terminate();
        });
    });
    webSocket.on("upgrade", (response) => {
      socket = response.socket;
      socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    });
    webSocket.on("open", () => {
      webSocket.pause();
      resolve({ webSocket, socket, target: `pod ${pod} in namespace ${namespace}` });
    });
  }).finally(() => signal.removeEventListener("abort", abandon));
}
