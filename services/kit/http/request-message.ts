import { nodeHttp } from "../core/node-http.ts";

/**
 * Node's requests, for a server with `optimizeEmptyRequests`. That option saves a twelfth of a
 * small request: a request without a body gets none of the events of its stream. But code that
 * reads the body waits for its end, as fastify's parsers do once there is a `content-type`. So only
 * requests whose body is never read go without those events.
 */
export class RequestMessage extends nodeHttp.IncomingMessage {
  /** Node calls it, by this name, on each request that has no body. */
  _dumpAndCloseReadable(): void {
    if (this.method === "GET" || this.method === "HEAD") dumpAndClose?.call(this);
  }
}

const { _dumpAndCloseReadable: dumpAndClose } = nodeHttp.IncomingMessage.prototype as unknown as {
  _dumpAndCloseReadable?: () => void;
};
