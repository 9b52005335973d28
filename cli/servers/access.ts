import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { pipeline } from "node:stream";
import type { PortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/forwarder.ts";
import { parseServiceName } from "@plinth/providers/clients/kubernetes/port-forward/service-name.ts";
import { withPortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/with-forwarder.ts";
import { readStackEnvironment, readStackOutputs } from "../stack/outputs.ts";

/** Access to a stack's servers from this machine. */
export interface StackServers {
  /** The environment contract. */
  variables: Record<string, string>;
  /** Present when the stack is in a cluster. */
  portForward: PortForwarder | undefined;
  /**
   * The URL at which this machine reaches a server. For one in a cluster it has a local port that
   * is forwarded until the work is done.
   */
  localUrl(url: string): Promise<string>;
}

/**
 * Runs `work` with access to the servers of a stack, wherever it runs.
 *
 * @throws {@link UserError} when the stack is not up or its cluster cannot be reached
 */
export async function withStackServers<T>(stack: string, work: (servers: StackServers) => Promise<T>): Promise<T> {
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
  return withPortForwarder(cluster, hosts, async (portForward) => {
    const servers: Server[] = [];
    try {
      return await work({
        variables,
        portForward,
        localUrl: (url) => (portForward ? forwardLocally(url, portForward, servers) : Promise.resolve(url)),
      });
    } finally {
      for (const server of servers) server.close();
    }
  });
}

/** Listens on a free local port and forwards each connection. Returns the URL with that port. */
export async function forwardLocally(
  url: string,
  portForward: Pick<PortForwarder, "connect">,
  servers: Server[],
): Promise<string> {
  const target = new URL(url);
  const { hostname, port } = target;
  if (parseServiceName(hostname) === undefined) return url;
  const server = createServer((near) => {
    const far = portForward.connect(hostname, Number(port));
    // The end of either side closes the other.
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
