import type { Lifecycle } from "../core/lifecycle.ts";
import type { HttpServer } from "../http/fastify.ts";
import { waitUntil } from "./wait-until.ts";

/** What a service's `createX` returns: not yet started. */
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
 * Runs the whole service, with its consumers and relay, in the test's process and on real backing
 * services. It is ready when this resolves. Give it `PORT: "0"` to run several at a time.
 *
 * @example
 * const wallet = createWallet(walletEnv({ ...environment, PORT: "0" }));
 * const { baseUrl, stop } = await startInProcess(wallet);
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
    const baseUrl = `http://127.0.0.1:${address.port}`;
    await waitUntilReady(baseUrl);
    return { service, baseUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws after 15 seconds, with what is still down */
export async function waitUntilReady(baseUrl: string): Promise<void> {
  await waitUntil(`${baseUrl} is ready`, async () => {
    const response = await fetch(`${baseUrl}/ready`);
    if (!response.ok) throw new Error(await response.text());
    return true;
  });
}
