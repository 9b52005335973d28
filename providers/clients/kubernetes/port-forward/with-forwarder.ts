import type { Socket } from "node:net";
import type { UserError } from "@plinth/local/user-error.ts";
import type { ClusterAccess } from "../access.ts";
import { parseServiceName } from "./service-name.ts";

/**
 * Connections into a cluster, all by its API server. Nothing listens on this machine, and nothing
 * is left once it is closed.
 */
export interface PortForwarder {
  /**
   * As `net.connect`: a Service's host is reached through the API server, any other directly.
   * Errors come as 'error': a {@link UserError} where trying again is hopeless, else one that
   * `isLostConnection` knows.
   */
  connect(host: string, port: number): Socket;
  /** A socket into the cluster that its owner connects, as pg does. */
  createSocket(): Socket;
  /**
   * The first hopeless error of any connection: what to report instead of what a client library
   * made of it.
   */
  fatalError(): UserError | undefined;
  /** Cuts what is still open, and resolves when it is gone. */
  close(): Promise<void>;
}

/**
 * Runs `work` with a tunnel, closed after it, when one of `hosts` can only be reached through the
 * API server; without one otherwise, and then nothing of a cluster is loaded or asked for. A
 * hopeless error of the tunnel stands for whatever error `work` ends with because of it.
 */
export async function withPortForwarder<T>(
  reach: ClusterAccess | undefined,
  hosts: readonly string[],
  work: (tunnel: PortForwarder | undefined) => Promise<T>,
): Promise<T> {
  if (reach === undefined || !hosts.some(parseServiceName)) return work(undefined);
  // Not above: it costs the stacks without a cluster some milliseconds.
  const { openPortForwarder } = await import("./open.ts");
  const tunnel = await openPortForwarder(reach);
  try {
    return await work(tunnel);
  } catch (error) {
    throw tunnel.fatalError() ?? error;
  } finally {
    await tunnel.close();
  }
}
