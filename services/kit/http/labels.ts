/**
 * Stands for the route of a request that matches none. Its path would not do: paths hold ids, and
 * each would be a series.
 */
export const NO_ROUTE = "none";
const KNOWN_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Source: OpenTelemetry's semantic conventions, `http.request.method`. */
export const OTHER_METHOD = "_OTHER";

/** A stranger may send any method. */
export function methodLabel(method: string): string {
  return KNOWN_METHODS.has(method) ? method : OTHER_METHOD;
}
