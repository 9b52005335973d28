import type { Socket } from "node:net";
import type { UserError } from "@plinth/local/user-error.ts";

/**
 * Connections into a cluster, all through its API server. Nothing listens on this machine, and
 * nothing is left open after `close`.
 */
export interface PortForwarder {
  /**
   * As `net.connect`: reaches a Service's host through the API server, any other host directly.
   * Emits 'error' with a {@link UserError} if another try cannot help, else with one that
   * `isLostConnection` knows.
   */
  connect(host: string, port: number): Socket;
  /** A socket into the cluster that its user connects, as pg does. */
  createSocket(): Socket;
  /**
   * The first error of any connection that another try cannot help. Report it instead of what a
   * client library turned it into.
   */
  fatalError(): UserError | undefined;
  /** Cuts every open connection; resolves when all are closed. */
  close(): Promise<void>;
}
