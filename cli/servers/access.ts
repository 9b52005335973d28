import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { pipeline } from "node:stream";
import type { PortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/forwarder.ts";
import { parseServiceName } from "@plinth/providers/clients/kubernetes/port-forward/service-name.ts";
import { withPortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/with-forwarder.ts";
import { readStackEnvironment, readStackOutputs } from "../stack/outputs.ts";

/** A stack's servers, as a program on this machine connects to them. */
export interface StackServers {
  /** The environment contract. */
  variables: Record<string, string>;
  /** Present where the stack is in a cluster. */
  portForward: PortForwarder | undefined;
  /**
   * The same URL; of a server in a cluster with a port of this machine that leads there until the
   * work is done.
   */
  localUrl(url: string): Promise<string>;
}

/**
 * Runs `work` with a way to the servers of a stack, wherever it runs. Throws one sentence when the
 * stack is not up or its cluster cannot be reached.
 */
export async function withStackServers<T>(stack: string, work: (reached: StackServers) => Promise<T>): Promise<T> {
  const [{ location }, variables] = await Promise.all([readStackOutputs(stack), readStackEnvironment(stack)]);
  const cluster = "context" in location ? location : undefined;
  const hosts = [
    variables.DATABASE_URL,
    variables.REDIS_URL,
    variables.SCHEMA_REGISTRY_URL,
    `kafka://${variables.KAFKA_BROKERS?.split(",")[0]}`,
  ]
    .filter((url) => url !== undefined && URL.canParse(url))
    .map((url) => new URL(url!).hostname);
  return withPortForwarder(cluster, hosts, async (tunnel) => {
    const servers: Server[] = [];
    try {
      return await work({
        variables,
        portForward: tunnel,
        localUrl: (url) => (tunnel ? forwardLocally(url, tunnel, servers) : Promise.resolve(url)),
      });
    } finally {
      for (const server of servers) server.close();
    }
  });
}

/** Listens on a free port of this machine alone, and passes each connection on. */
export async function forwardLocally(
  url: string,
  tunnel: Pick<PortForwarder, "connect">,
  servers: Server[],
): Promise<string> {
  const target = new URL(url);
  const { hostname, port } = target;
  if (parseServiceName(hostname) === undefined) return url;
  const server = createServer((near) => {
    const far = tunnel.connect(hostname, Number(port));
    // Either end that breaks or ends closes the other; the client sees a lost connection.
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      pipeline(from, to, () => undefined);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  target.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return target.href;
}
