import type { IncomingMessage } from "node:http";
import { parseRequestTarget, RequestTargetError } from "../../request-target.ts";
import { HttpError } from "./http-error.ts";

/** The path of a request, still percent-encoded. @throws HttpError 400 */
export function requestPath(request: IncomingMessage): string {
  try {
    return parseRequestTarget(request.url).path;
  } catch (error) {
    throw error instanceof RequestTargetError ? new HttpError(400, error.message) : error;
  }
}
