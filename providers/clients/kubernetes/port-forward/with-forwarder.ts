import type { ClusterAccess } from "../access.ts";
import type { PortForwarder } from "./forwarder.ts";
import { parseServiceName } from "./service-name.ts";

/**
 * Runs `work` with a port-forwarder if one of `hosts` is the name of a Service, and closes it
 * afterwards. Otherwise runs it without one, and loads nothing of a cluster. The forwarder's fatal
 * error replaces the error that `work` fails with because of it.
 */
export async function withPortForwarder<T>(
  cluster: ClusterAccess | undefined,
  hosts: readonly string[],
  work: (forwarder: PortForwarder | undefined) => Promise<T>,
): Promise<T> {
  if (cluster === undefined || !hosts.some(parseServiceName)) return work(undefined);
  // Imported here, because it would cost stacks without a cluster some milliseconds.
  const { openPortForwarder } = await import("./open.ts");
  const forwarder = await openPortForwarder(cluster);
  try {
    return await work(forwarder);
  } catch (error) {
    throw forwarder.fatalError() ?? error;
  } finally {
    await forwarder.close();
  }
}
