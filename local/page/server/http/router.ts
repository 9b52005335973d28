import type { IncomingMessage, ServerResponse } from "node:http";
import { PageError } from "../../model/page-error.ts";

export interface PageRequest {
  /** Decoded segments of the path by the names in the route's pattern. */
  path: Record<string, string>;
  query: URLSearchParams;
  /** Whether it carries the page's token. */
  isAuthorized: boolean;
  http: IncomingMessage;
  response: ServerResponse;
}

export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** Such as `/api/topics/:topic/records`. */
  path: string;
  /** Whether it changes something, and so needs the token. @default false */
  changes?: boolean;
  /** Milliseconds until it answers 504; 0 for a stream, which answers by itself. @default 15,000 */
  deadlineMs?: number;
  /** The answer, sent as JSON. A stream returns nothing. */
  handle(request: PageRequest): unknown;
}

export interface RouteMatch {
  route: Route;
  path: Record<string, string>;
}

/**
 * The route for a method and the decoded segments of a path; undefined if no route has this path.
 *
 * @throws {@link PageError} 405 if one has it under another method
 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  segments: readonly string[],
): RouteMatch | undefined {
  const onPath = routes.flatMap((route) => {
    const path = matchPath(route.path.slice(1).split("/"), segments);
    return path === undefined ? [] : [{ route, path }];
  });
  if (onPath.length === 0) return undefined;
  const wanted = method === "HEAD" ? "GET" : method;
  const match = onPath.find(({ route }) => route.method === wanted);
  // A stream has no end, and so no answer to HEAD: the connection would wait for one.
  if (match === undefined || (method === "HEAD" && match.route.deadlineMs === 0))
    throw new PageError(
      405,
      `/${segments.join("/")} takes ${onPath.map(({ route }) => route.method).join(" or ")}, not ${method}`,
    );
  return match;
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!;
    if (part.startsWith(":") && segment !== "") found[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return found;
}
