import { UserError } from "@plinth/local/user-error.ts";
import { ApiError, type ApiServer } from "../api-server.ts";
import { findPodRoute, type PodRoute } from "./pod-route.ts";
import { openPodStream } from "./pod-stream.ts";
import { parseServiceName } from "./service-name.ts";
import type { PodStream } from "./socket.ts";

/**
 * Where each host and port leads; asked once for connections at the same time, and again later,
 * since a pod may have been replaced.
 */
export class PodDialer {
  readonly #api: ApiServer;
  readonly #routes = new Map<string, Promise<PodRoute>>();
  readonly #aborter = new AbortController();
  #nextTurn = 0;

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
      const forward = await openPodStream(this.#api, await rejectOnAbort(signal, route), signal);
      // However it ends: a node closes in order also after telling that nothing listens in the pod.
      forward.webSocket.once("close", forget);
      return forward;
    } catch (error) {
      forget();
      throw error instanceof ApiError ? this.#podGoneError(error, host) : error;
    }
  }

  #findRoute(host: string, port: number): Promise<PodRoute> {
    const name = parseServiceName(host);
    if (name === undefined)
      throw new UserError(`${host} is not the name of a Service, as in redis.dev-infra.svc: no tunnel leads there`);
    return findPodRoute(this.#api, name, port, this.#nextTurn++, this.#aborter.signal);
  }

  /** Ends look-ups that nobody waits for any more. */
  close(): void {
    this.#aborter.abort();
  }

  /** The pod went between finding and reaching it, or does not run yet; there will be another. */
  #podGoneError({ message }: ApiError, host: string): Error {
    return Object.assign(
      new Error(`${host} cannot be reached in the Kubernetes context '${this.#api.contextName}': ${message}`),
      {
        code: "ECONNREFUSED",
      },
    );
  }
}

/** A look-up is shared by all that wait for it, so that one of them may leave without ending it. */
function rejectOnAbort<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    promise.finally(() => signal.removeEventListener("abort", leave)).then(resolve, reject);
  });
}
