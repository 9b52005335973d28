import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { errors, RegistryError } from "./errors.ts";
import { type Request, type Route, Text } from "./routes.ts";

const V1 = "application/vnd.schemaregistry.v1+json";
const TYPES = [V1, "application/vnd.schemaregistry+json", "application/json"];
const BODY_TYPES = [...TYPES, "application/octet-stream"];
const MAX_BODY = 8 << 20;

interface Compiled extends Route {
  parts: string[];
}

/** Serves the routes over HTTP; errors become `{"error_code", "message"}`. */
export function registryServer(routes: Route[], report: (line: string) => void): Server {
  const compiled = routes.map((route) => ({ ...route, parts: route.path.split("/").slice(1) }));
  const server = createServer((request, response) => {
    answer(compiled, request)
      .then((result) => send(server, request, response, 200, result))
      .catch((error: unknown) => {
        const known = error instanceof RegistryError ? error : internal(error, report);
        send(server, request, response, known.status, { error_code: known.code, message: known.message });
      });
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

async function answer(routes: Compiled[], request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://registry");
  const route = find(
    routes,
    request.method ?? "GET",
    url.pathname
      .replace(/(.)\/$/, "$1")
      .split("/")
      .slice(1),
  );
  const body = request.method === "POST" || request.method === "PUT" ? await bodyOf(request) : {};
  return route.run({ query: url.searchParams, body });
}

function find(routes: Compiled[], method: string, parts: string[]): { run: (rest: Omit<Request, "parts">) => unknown } {
  const onPath = routes.filter((route) => matches(route.parts, parts));
  if (onPath.length === 0) throw new RegistryError(404, 404, "HTTP 404 Not Found");
  const route = onPath
    .filter((candidate) => candidate.method === method || (method === "HEAD" && candidate.method === "GET"))
    .sort(fewerWildcards)[0];
  if (route === undefined) throw new RegistryError(405, 405, "HTTP 405 Method Not Allowed");
  const values = parts.filter((_, index) => route.parts[index] === "*").map(decoded);
  return { run: (rest) => route.run({ ...rest, parts: values }) };
}

/** `/schemas/types` before `/schemas/*`. */
function fewerWildcards(a: Compiled, b: Compiled): number {
  const wild = (route: Compiled) => route.parts.filter((part) => part === "*").length;
  return wild(a) - wild(b);
}

function matches(pattern: string[], parts: string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, index) => part === parts[index] || (part === "*" && parts[index] !== ""));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw errors.badRequest(`"${part}" in the path is not valid percent-encoding.`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && !BODY_TYPES.includes(type))
    throw new RegistryError(415, 415, `HTTP 415 Unsupported Media Type: send ${V1} or application/json.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY) throw new RegistryError(413, 413, `The request is larger than ${MAX_BODY} bytes.`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const body = json(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw errors.badRequest("The request must be a JSON object.");
  return body as Record<string, unknown>;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw errors.badRequest(`The request is not JSON: ${(error as Error).message}`);
  }
}

function send(server: Server, request: IncomingMessage, response: ServerResponse, status: number, result: unknown): void {
  const text = result instanceof Text ? result.text : JSON.stringify(result);
  // What was not read of a refused request would be taken for the next one; and a server that ends waits for its connections.
  if (!request.complete || !server.listening) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": contentType(request), "content-length": Buffer.byteLength(text) });
  response.end(request.method === "HEAD" ? undefined : text);
}

function contentType(request: IncomingMessage): string {
  const accept = request.headers.accept ?? "*/*";
  return TYPES.find((type) => accept.includes(type)) ?? V1;
}

function internal(error: unknown, report: (line: string) => void): RegistryError {
  report(`unexpected error: ${error instanceof Error ? error.stack : String(error)}`);
  return new RegistryError(500, 500, "Internal error of the registry: see its log.");
}
