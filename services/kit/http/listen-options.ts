import type { FastifyListenOptions } from "fastify";

/**
 * Where a service listens, for `http.listen`. With `SHARE_PORT=1`, as the platform sets it where it
 * can, two versions of the service may share the port for a moment: the later one is there before
 * the earlier one leaves.
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
  // Passed on to node:net as it is, though fastify's types do not name it.
  return { host: HOST, port: PORT, ...shared };
}
