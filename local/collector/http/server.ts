import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { describeCaught, isInstance } from "../../caught-value.ts";
import { type HostPolicy, hostOf, misdirected } from "../../served-hosts.ts";
import { HttpError } from "./http-error.ts";

/** Answers one request. @throws HttpError */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Writes the answer of a request that is refused. */
export type WriteError = (response: ServerResponse, status: number, message: string, request: IncomingMessage) => void;

/** Whatever a handler throws becomes an answer; no body is ever logged. */
export function toListener(handler: Handler, writeError: WriteError = writeText): RequestListener {
  return (request, response) => {
    handler(request, response).catch((error: unknown) => {
      const { status, message } = isInstance(error, HttpError)
        ? error
        : new HttpError(500, "An error of the collector");
      if (!isInstance(error, HttpError) && !request.destroyed) reportError(request, error);
      if (response.headersSent || response.destroyed) return response.destroy();
      // What was not read of the body would be taken for the next request.
      if (!request.complete) response.setHeader("connection", "close");
      writeError(response, status, message, request);
      return undefined;
    });
  };
}

/** Refuses with 421 what asks under a name that the policy does not serve. */
export function onlyUnder(isServed: HostPolicy, handler: Handler): Handler {
  return async (request, response) => {
    const host = hostOf(request);
    if (!isServed(host)) throw new HttpError(421, misdirected(host));
    return handler(request, response);
  };
}

/** Listens on loopback: on 127.0.0.1, and on ::1 where the machine has it. */
export async function listen(port: number, listener: RequestListener): Promise<{ close(): Promise<void> }> {
  const first = await listenOn("127.0.0.1", port, listener);
  // `localhost` may mean ::1 first, and a machine without IPv6 has no such address.
  const second = await listenOn("::1", port, listener).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") return undefined;
    await closeServer(first);
    throw error;
  });
  const servers = second ? [first, second] : [first];
  return {
    async close() {
      await Promise.all(servers.map(closeServer));
    },
  };
}

async function listenOn(host: string, port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  // A client that sends a body slowly holds nothing but its connection.
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 60_000;
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

function writeText(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${message}\n`);
}

/** Ends once open requests are answered, at the latest after a second. */
async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(timer);
}

function reportError(request: IncomingMessage, error: unknown): void {
  const msg = `${request.method} ${request.url?.split("?")[0]}: ${describeCaught(error)}`;
  console.log(JSON.stringify({ level: "error", time: new Date().toISOString(), msg }));
}
