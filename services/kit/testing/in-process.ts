import type { Lifecycle } from "../core/lifecycle.ts";
import type { HttpServer } from "../http/fastify.ts";
import { waitUntil } from "./wait-until.ts";

/** What a service's `createX` gives: put together, not yet started. */
export interface StartableService {
  http: Pick<HttpServer, "server">;
  lifecycle: Lifecycle;
}

export interface InProcessService<Service extends StartableService> {
  service: Service;
  /** Such as `http://127.0.0.1:34567`. */
  baseUrl: string;
  stop(): Promise<void>;
}

/**
 * The whole service within the test's process, with its consumers and its relay, on real backing
 * services; ready when this resolves. Give it `PORT: "0"`, so that any number of them run side by
 * side.
 *
 * @example
 * const { baseUrl, stop } = await startInProcess(createWallet(walletEnv({ ...environment, PORT: "0" })));
 */
export async function startInProcess<Service extends StartableService>(
  created: Service | Promise<Service>,
): Promise<InProcessService<Service>> {
  const service = await created;
  const stop = () => service.lifecycle.stop();
  try {
    await service.lifecycle.start();
    const address = service.http.server.address();
    if (address === null || typeof address === "string") throw new Error("the service listens on no port");
    const base = `http://127.0.0.1:${address.port}`;
    await waitUntilReady(base);
    return { service, baseUrl: base, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws what is still down, after 15 seconds */
export async function waitUntilReady(base: string): Promise<void> {
  await waitUntil(`${base} is ready`, async () => {
    const response = await fetch(`${base}/ready`);
    if (!response.ok) throw new Error(await response.text());
    return true;
  });
}
