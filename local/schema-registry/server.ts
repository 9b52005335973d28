import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { describeCaught, isInstance, readField } from "../caught-value.ts";
import { parseRequestTarget, type RequestTarget, RequestTargetError } from "../request-target.ts";
import { type HostPolicy, hostOf, misdirected } from "../served-hosts.ts";
import { errors, RegistryError } from "./errors.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { type Route, type RouteRequest, TextResponse } from "./routes.ts";

const CONTENT_TYPE_V1 = "application/vnd.schemaregistry.v1+json";
const CONTENT_TYPES = [CONTENT_TYPE_V1, "application/vnd.schemaregistry+json", "application/json"];
const REQUEST_CONTENT_TYPES = [...CONTENT_TYPES, "application/octet-stream"];
const MAX_BODY_BYTES = 8 << 20;

interface CompiledRoute extends Route {
  segments: string[];
}

/**
 * Serves the routes and `/metrics` over HTTP; errors become `{"error_code", "message"}`.
 *
 * @param isServed whether it answers under a name. @default under any
 * @param skippedRecords records of the log that count for nothing
 */
export function createRegistryServer(
  routes: Route[],
  report: (line: string) => void,
  isServed: HostPolicy = () => true,
  skippedRecords = () => 0,
): Server {
  const compiled = routes.map((route) => ({ ...route, segments: route.path.split("/").slice(1) }));
  const metrics = new RequestMetrics();
  const server = createServer((request, response) => {
    const host = hostOf(request);
    if (request.url === "/metrics" && isServed(host))
      return void response
        .writeHead(200, { "content-type": "text/plain; version=0.0.4" })
        .end(metrics.toText(skippedRecords()));
    const startedAt = performance.now();
    response.once("finish", () => metrics.add(response.statusCode, (performance.now() - startedAt) / 1000));
    const answering = isServed(host)
      ? handleRequest(compiled, request)
      : Promise.reject(new RegistryError(421, 421, misdirected(host)));
    answering
      .then((result) => sendResponse(server, request, response, 200, result))
      .catch((error: unknown) => {
        const answer = isInstance(error, RegistryError) ? error : internalError(error, report);
        sendResponse(server, request, response, answer.status, { error_code: answer.code, message: answer.message });
      });
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

async function handleRequest(routes: CompiledRoute[], request: IncomingMessage): Promise<unknown> {
  const { method = "GET" } = request;
  const { segments, query } = readTarget(request);
  const route = findRoute(routes, method, withoutTrailingSlash(method, segments));
  const body = method === "POST" || method === "PUT" ? await readBody(request) : {};
  return route.run({ query, body });
}

function readTarget(request: IncomingMessage): RequestTarget {
  try {
    return parseRequestTarget(request.url);
  } catch (error) {
    throw error instanceof RequestTargetError ? errors.badRequest(`${error.message}.`) : error;
  }
}

/**
 * `/subjects/` means `/subjects`. A change is not read so: with an empty subject, `/config/` would
 * be the global level.
 */
function withoutTrailingSlash(method: string, segments: string[]): string[] {
  const isChange = method === "PUT" || method === "DELETE";
  return !isChange && segments.at(-1) === "" && segments.at(-2) ? segments.slice(0, -1) : segments;
}

function findRoute(
  routes: CompiledRoute[],
  method: string,
  segments: string[],
): { run: (rest: Omit<RouteRequest, "pathParameters">) => unknown } {
  const onPath = routes.filter((route) => matchesPath(route.segments, segments));
  if (onPath.length === 0) throw new RegistryError(404, 404, "HTTP 404 Not Found");
  const route = onPath
    .filter((candidate) => candidate.method === method || (method === "HEAD" && candidate.method === "GET"))
    .sort(compareWildcards)[0];
  if (route === undefined) throw new RegistryError(405, 405, "HTTP 405 Method Not Allowed");
  const pathParameters = segments.filter((_, index) => route.segments[index] === "*");
  return { run: (rest) => route.handle({ ...rest, pathParameters }) };
}

/** `/schemas/types` before `/schemas/*`. */
function compareWildcards(a: CompiledRoute, b: CompiledRoute): number {
  const wildcards = (route: CompiledRoute) => route.segments.filter((segment) => segment === "*").length;
  return wildcards(a) - wildcards(b);
}

function matchesPath(pattern: string[], segments: string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((segment, index) => segment === segments[index] || (segment === "*" && segments[index] !== ""))
  );
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && !REQUEST_CONTENT_TYPES.includes(type))
    throw new RegistryError(415, 415, `HTTP 415 Unsupported Media Type: send ${CONTENT_TYPE_V1} or application/json.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new RegistryError(413, 413, `The request is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const body = parseJsonText(text);
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw errors.badRequest("The request must be a JSON object.");
  return body as Record<string, unknown>;
}

function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw errors.badRequest(`The request is not JSON: ${(error as Error).message}`);
  }
}

function sendResponse(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  result: unknown,
): void {
  const text = result instanceof TextResponse ? result.text : JSON.stringify(result);
  // The unread rest of a refused request would be read as the next one. A server that ends waits
  // for its connections.
  if (!request.complete || !server.listening) response.setHeader("connection", "close");
  response.writeHead(status, {
    "content-type": negotiateContentType(request),
    "content-length": Buffer.byteLength(text),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

function negotiateContentType(request: IncomingMessage): string {
  const accept = request.headers.accept ?? "*/*";
  return CONTENT_TYPES.find((type) => accept.includes(type)) ?? CONTENT_TYPE_V1;
}

function internalError(error: unknown, report: (line: string) => void): RegistryError {
  report(`unexpected error: ${readField(error, "stack") ?? describeCaught(error)}`);
  return new RegistryError(500, 500, "Internal error of the registry: see its log.");
}
