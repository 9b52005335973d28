import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseRequestTarget, type RequestTarget, RequestTargetError } from "../../request-target.ts";
import { serveHosts } from "../../served-hosts.ts";
import { PageError } from "../model/page-error.ts";
import type { PageSources } from "../model/sources.ts";
import { SECURITY_HEADERS, sendError, sendJson } from "./http/answers.ts";
import { sendAsset } from "./http/asset-files.ts";
import { withDeadline } from "./http/deadline.ts";
import { assertOwnOrigin, holdsToken } from "./http/request-guard.ts";
import { findRoute, type Route } from "./http/router.ts";
import { createRoutes } from "./routes/routes.ts";

export type MountedHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface PageSettings {
  /** 0 takes a free one. */
  port: number;
  /** What a person must know to change anything; it is in the address that is printed. */
  token: string;
  /** Folder of the browser's bundle. */
  assets: string;
  sources: PageSources;
  /** Names under which it answers besides the loopback's. @default none */
  allowedHosts?: readonly string[] | undefined;
  /** Handlers of other parts of the process by exact path, such as `/metrics`. @default none */
  mounts?: Readonly<Record<string, MountedHandler>>;
  /** Milliseconds after which a connection is closed on which nothing moves. @default 180,000 */
  idleTimeoutMs?: number;
  /** Unexpected errors. @default standard error */
  report?: (line: string) => void;
}

export interface RunningPage {
  /** Address with the token, for a person. */
  url: string;
  port: number;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
const MAX_URL_LENGTH = 16_384;
const DEADLINE_MS = 15_000;
/** Longer than any deadline. Clients that never take their answers would use up the connections. */
const IDLE_TIMEOUT_MS = 180_000;

/** Serves the page on loopback only. @throws when the port is taken */
export async function startPage(settings: PageSettings): Promise<RunningPage> {
  const handler = createHandler(settings);
  const idleTimeoutMs = settings.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  const first = await listen(handler, "127.0.0.1", settings.port, idleTimeoutMs);
  const { port } = first.address() as AddressInfo;
  // `localhost` may mean ::1 first; a machine without IPv6 has no such address.
  const second = await listen(handler, "::1", port, idleTimeoutMs).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") return undefined;
    await closeServer(first);
    throw error;
  });
  const servers = [first, ...(second ? [second] : [])];
  return {
    url: `http://localhost:${port}/#token=${settings.token}`,
    port,
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
}

function createHandler(settings: PageSettings): RequestListener {
  const { mounts = {}, report = console.error } = settings;
  const routes = createRoutes(settings.sources);
  const isServed = serveHosts(settings.allowedHosts ?? []);
  return (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    response.on("error", () => undefined);
    Promise.try(() => {
      const target = readTarget(request.url);
      assertOwnOrigin(
        { ...request.headers, ...(target.authority && { host: target.authority }) },
        { isApi: target.segments[0] === "api", isServed },
      );
      const mounted = Object.hasOwn(mounts, target.path) ? mounts[target.path] : undefined;
      return mounted ? mounted(request, response) : serve(settings, routes, target, response);
    })
      .catch((error: unknown) => sendError(response, error, report))
      .catch((error: Error) => report(error.message));
  };
}

async function serve(
  { token, assets }: PageSettings,
  routes: readonly Route[],
  { path, segments, query }: RequestTarget,
  response: ServerResponse,
): Promise<void> {
  const http = response.req;
  const { method = "GET" } = http;
  const match = findRoute(routes, method, segments);
  if (match) {
    const isAuthorized = holdsToken(http.headers, token);
    if (match.route.changes && !isAuthorized)
      throw new PageError(401, "This needs the page's token: open the address that 'make dashboard' prints");
    const answer = await run(match.route, { path: match.path, query, isAuthorized, http, response });
    if (match.route.deadlineMs !== 0) sendJson(response, 200, answer);
    return;
  }
  if (segments[0] === "api") throw new PageError(404, `There is no ${path} here`);
  if (method !== "GET" && method !== "HEAD") throw new PageError(405, `${path} takes GET, not ${method}`);
  await sendAsset(response, assets, path);
}

async function run({ deadlineMs = DEADLINE_MS, handle }: Route, request: Parameters<Route["handle"]>[0]) {
  const work = Promise.try(() => handle(request));
  return deadlineMs === 0 ? work : withDeadline(work, deadlineMs, "The answer");
}

function readTarget(url = ""): RequestTarget {
  if (url.length > MAX_URL_LENGTH) throw new PageError(414, "The address is too long");
  try {
    return parseRequestTarget(url);
  } catch (error) {
    // To a browser, an address that cannot be read is a file that is not there.
    const status = url.startsWith("/api/") ? 400 : 404;
    throw error instanceof RequestTargetError ? new PageError(status, error.message) : error;
  }
}

function listen(handler: RequestListener, host: string, port: number, idleTimeoutMs: number): Promise<Server> {
  const server = createServer({ requestTimeout: 60_000, keepAliveTimeout: 30_000 }, handler);
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = idleTimeoutMs;
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Live views never end by themselves.
    server.closeAllConnections();
  });
}
