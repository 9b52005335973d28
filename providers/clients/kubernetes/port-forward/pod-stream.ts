import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { ApiServer } from "../api-server.ts";
import type { PodRoute } from "./pod-route.ts";
import type { PodStream } from "./socket.ts";

/** Milliseconds that the other side may take to answer a closing message. */
const CLOSE_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_DELAY_MS = 30_000;

/**
 * Opens one WebSocket to a port of a pod through the API server. It uses the protocol with channels
 * rather than SPDY over a WebSocket, as kubectl does: every kubelet serves both.
 *
 * The library's `PortForward` is not used, because it neither distinguishes a cut connection from
 * an ended one nor waits for a slow reader.
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
    // Also hears errors after the opening, which would end the process unheard; 'close' follows.
    webSocket.on("error", (error) => reject(signal.aborted ? (signal.reason as Error) : api.connectionError(error)));
    webSocket.on("unexpected-response", (request, response) => {
      text(response)
        .then((body) => reject(api.responseError(response.statusCode ?? 0, body, `GET ${path}`)))
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
