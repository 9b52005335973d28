import type { Logger } from "../core/logger.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * Until connections on which nothing has come are closed: far longer than a busy one rests between
 * two requests.
 */
const IDLE_CLOSE_MS = 60;
/**
 * Until those are closed whose request did not come, or whose answer was not read. More than the
 * database lets a statement take, and less than lifecycle.ts gives the whole service: one slow
 * client would otherwise keep its other parts from being stopped at all.
 */
const FORCED_CLOSE_MS = 6000;

/**
 * From the moment that the server closes: a connection kept alive after its last answer would hold
 * the process up until it times out.
 */
export function drainConnectionsOnClose(server: HttpServer, logger: Logger): void {
  let closing = false;
  server.addHook("preClose", (done) => {
    closing = true;
    // Clients that keep their connections busy leave by that header; closed at once, some would
    // lose a request that is on its way.
    setTimeout(done, IDLE_CLOSE_MS);
    if (!server.server.listening) return;
    const late = setTimeout(() => {
      logger.warn("clients took too long; their connections are closed");
      server.server.closeAllConnections();
    }, FORCED_CLOSE_MS).unref();
    server.server.once("close", () => clearTimeout(late));
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });
}
