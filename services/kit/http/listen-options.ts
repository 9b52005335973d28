import type { FastifyListenOptions } from "fastify";

/**
 * The options of `http.listen`. With `SHARE_PORT=1`, which the platform sets where it can, two
 * versions of a service may share the port: the new one listens before the old one stops.
 */
export function listenOptions({
  HOST,
  PORT,
  SHARE_PORT,
}: {
  HOST: string;
  PORT: number;
  SHARE_PORT: "0" | "1";
}): FastifyListenOptions {
  const shared = { reusePort: SHARE_PORT === "1" };
  // fastify passes it on to node:net, although its types do not name it.
  return { host: HOST, port: PORT, ...shared };
}
