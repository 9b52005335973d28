import { UserError } from "@plinth/local/user-error.ts";
import { ApiError, type ApiServer } from "../api-server.ts";
import { findPodRoute, type PodRoute } from "./pod-route.ts";
import { openPodStream } from "./pod-stream.ts";
import { parseServiceName } from "./service-name.ts";
import type { PodStream } from "./socket.ts";

/**
 * Opens streams to pods by the host and port of a Service. Concurrent connections share one
 * look-up. Later ones look again, because a pod may have been replaced.
 */
export class PodDialer {
  readonly #api: ApiServer;
  readonly #routes = new Map<string, Promise<PodRoute>>();
  readonly #aborter = new AbortController();
  #nextPodIndex = 0;

  constructor(api: ApiServer) {
    this.#api = api;
  }

  async dial(host: string, port: number, signal: AbortSignal): Promise<PodStream> {
    const key = `${host}:${port}`;
    const route = this.#routes.get(key) ?? this.#findRoute(host, port);
    this.#routes.set(key, route);
    const forget = () => {
      if (this.#routes.get(key) === route) this.#routes.delete(key);
    };
    try {
      const stream = await openPodStream(this.#api, await rejectOnAbort(signal, route), signal);
      // On every close: a node closes in order even if nothing listens in the pod.
      stream.webSocket.once("close", forget);
      return stream;
    } catch (error) {
      forget();
      throw error instanceof ApiError ? this.#podGoneError(error, host) : error;
    }
  }

  #findRoute(host: string, port: number): Promise<PodRoute> {
    const name = parseServiceName(host);
    if (name === undefined)
      throw new UserError(
        `${host} is not the name of a Service, as in redis.dev-infra.svc: no port-forward leads there`,
      );
    return findPodRoute(this.#api, name, port, this.#nextPodIndex++, this.#aborter.signal);
  }

  /** Ends look-ups that no connection waits for. */
  close(): void {
    this.#aborter.abort();
  }

  /** The pod was deleted after the look-up, or does not run yet: another try may help. */
  #podGoneError({ message }: ApiError, host: string): Error {
    return Object.assign(
      new Error(`${host} cannot be reached in the Kubernetes context '${this.#api.contextName}': ${message}`),
      {
        code: "ECONNREFUSED",
      },
    );
  }
}

/** Rejects when the signal is aborted, but lets a look-up that others share run on. */
function rejectOnAbort<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    promise.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}
