import { ApiError, type ApiServer } from "./api-server.ts";
import { Refusal } from "./faults.ts";
import { dialPod } from "./tunnel-dial.ts";
import { parseServiceName } from "./tunnel-name.ts";
import { findRoute, type Route } from "./tunnel-route.ts";
import type { PortForward } from "./tunnel-socket.ts";

/** Where each host and port leads; asked once for connections at the same time, and again later, since a pod may have been replaced. */
export class Ways {
  readonly #api: ApiServer;
  readonly #known = new Map<string, Promise<Route>>();
  readonly #closed = new AbortController();
  #turn = 0;

  constructor(api: ApiServer) {
    this.#api = api;
  }

  async dial(host: string, port: number, signal: AbortSignal): Promise<PortForward> {
    const key = `${host}:${port}`;
    const route = this.#known.get(key) ?? this.#find(host, port);
    this.#known.set(key, route);
    const forget = () => {
      if (this.#known.get(key) === route) this.#known.delete(key);
    };
    try {
      const forward = await dialPod(this.#api, await unless(signal, route), signal);
      // However it ends: a node closes in order also after telling that nothing listens in the pod.
      forward.webSocket.once("close", forget);
      return forward;
    } catch (error) {
      forget();
      throw error instanceof ApiError ? this.#gone(error, host) : error;
    }
  }

  #find(host: string, port: number): Promise<Route> {
    const name = parseServiceName(host);
    if (name === undefined) throw new Refusal(`${host} is not the name of a Service, as in redis.dev-infra.svc: no tunnel leads there`);
    return findRoute(this.#api, name, port, this.#turn++, this.#closed.signal);
  }

  /** Ends look-ups that nobody waits for any more. */
  close(): void {
    this.#closed.abort();
  }

  /** The pod went between finding and reaching it, or does not run yet; there will be another. */
  #gone({ message }: ApiError, host: string): Error {
    return Object.assign(new Error(`${host} cannot be reached in the Kubernetes context '${this.#api.name}': ${message}`), {
      code: "ECONNREFUSED",
    });
  }
}

/** A look-up is shared by all that wait for it, so that one of them may leave without ending it. */
function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    promise.finally(() => signal.removeEventListener("abort", leave)).then(resolve, reject);
  });
}
