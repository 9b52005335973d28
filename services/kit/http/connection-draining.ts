import type { Logger } from "../core/logger.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * Time until idle connections are closed. It is far longer than a busy connection rests between two
 * requests.
 */
const IDLE_CLOSE_MS = 60;
/**
 * Time until connections are closed whose request does not arrive or whose answer is not read. It
 * is longer than the database lets a statement run, and shorter than lifecycle.ts gives the whole
 * service: one slow client would otherwise keep the other parts from stopping.
 */
const FORCED_CLOSE_MS = 6000;

/**
 * Closes connections once the server closes. A connection kept alive after its last answer would
 * delay the exit until it times out.
 */
export function drainConnectionsOnClose(server: HttpServer, logger: Logger): void {
  let closing = false;
  server.addHook("preClose", (done) => {
    closing = true;
    // Busy clients leave by the header `connection: close`. Closing their connections at once would
    // lose requests under way.
    setTimeout(done, IDLE_CLOSE_MS);
    if (!server.server.listening) return;
    const forcedClose = setTimeout(() => {
      logger.warn("clients took too long; their connections are closed");
      server.server.closeAllConnections();
    }, FORCED_CLOSE_MS).unref();
    server.server.once("close", () => clearTimeout(forcedClose));
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });
}
