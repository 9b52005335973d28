/**
 * Node's HTTP. Not by an import statement, which reads every export of the module: one of them, `WebSocket`, loads all that `fetch` is made of, and
 * a service would start with 12 MB more.
 */
export const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

/** What sends requests to that URL. `fetch` would do it with 20 MB more. */
export function clientOf(url: string): Pick<typeof http, "request"> & { Agent: typeof http.Agent } {
  return url.startsWith("https:") ? https : http;
}
