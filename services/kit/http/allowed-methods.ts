import type { HttpServer } from "./fastify.ts";

/**
 * Returns a function that gives the methods of the routes with this path, among those that are
 * added from now on. Only for requests without a route: it tries all patterns.
 */
export function createMethodLookup(server: HttpServer): (path: string) => string[] {
  const methods = new Map<string, { pattern: RegExp; names: Set<string> }>();
  server.addHook("onRoute", ({ url, method }) => {
    const route = methods.get(url) ?? { pattern: toPattern(url), names: new Set<string>() };
    methods.set(url, route);
    for (const name of [method].flat()) route.names.add(name);
  });
  return (path) => {
    const matching = [...methods.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ names }) => [...names]))].sort();
  };
}

function toPattern(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => {
    if (part.startsWith(":")) return "[^/]+";
    return part === "*" ? ".*" : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join("")}$`);
}
