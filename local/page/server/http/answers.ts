import type { ServerResponse } from "node:http";
import { describeCaught, isInstance, readField } from "../../../caught-value.ts";
import { HttpError } from "../../../collector/http/http-error.ts";
import { UserError } from "../../../user-error.ts";
import { PageError } from "../../model/page-error.ts";

/** Nothing but the page's own files may load, run, frame it or receive its forms. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const SECURITY_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** Uncompressed: nothing but loopback is between the page and its browser. */
export function sendJson(response: ServerResponse, status: number, content: unknown): void {
  const text = JSON.stringify(content);
  if (response.destroyed) return;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(response.req.method === "HEAD" ? undefined : text);
}

/** One sentence for the reader; anything that is not meant for one goes to `report` instead. */
export function sendError(response: ServerResponse, error: unknown, report: (line: string) => void): void {
  const { status, message } = describeError(error, report);
  if (response.headersSent) return void response.destroy();
  // The unread rest of a refused body would be taken for the next request.
  if (!response.req.complete) response.setHeader("connection", "close");
  sendJson(response, status, { error: message });
}

export function describeError(error: unknown, report: (line: string) => void): { status: number; message: string } {
  if (isInstance(error, PageError) || isInstance(error, HttpError))
    return { status: error.status, message: error.message };
  if (isInstance(error, UserError)) return { status: 503, message: error.message };
  report(`unexpected error of the page: ${readField(error, "stack") ?? describeCaught(error)}`);
  return { status: 500, message: "The page failed to answer this; the log of process 'observability' says why" };
}
