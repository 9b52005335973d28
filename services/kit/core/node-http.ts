/**
 * Node's HTTP module. An import statement would read all its exports, and `WebSocket` among them
 * loads the whole of `fetch`: 12 MB more for each service.
 */
export const nodeHttp = process.getBuiltinModule("node:http");
const nodeHttps = process.getBuiltinModule("node:https");

/** The module that sends requests to `url`. `fetch` would take 20 MB more. */
export function httpModuleFor(url: string): Pick<typeof nodeHttp, "request"> & { Agent: typeof nodeHttp.Agent } {
  return url.startsWith("https:") ? nodeHttps : nodeHttp;
}
