/**
 * Node's HTTP. Not by an import statement, which reads every export of the module: one of them,
 * `WebSocket`, loads all that `fetch` is made of, and a service would start with 12 MB more.
 */
export const nodeHttp = process.getBuiltinModule("node:http");
const nodeHttps = process.getBuiltinModule("node:https");

/** What sends requests to that URL. `fetch` would do it with 20 MB more. */
export function httpModuleFor(url: string): Pick<typeof nodeHttp, "request"> & { Agent: typeof nodeHttp.Agent } {
  return url.startsWith("https:") ? nodeHttps : nodeHttp;
}
