import type { IncomingMessage } from "node:http";
import { kitError, type ServiceError } from "../core/errors.ts";
import { type HostPolicy, hostOfTarget } from "./served-hosts.ts";

/** A registered name, an IPv4 address or an IPv6 address, and a port. Source: RFC 9110, 7.2. */
const HOST = /^([\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(:\d*)?$/i;

/**
 * Why the head of a request is refused; undefined if it is not. These are what Node either lets
 * through or answers itself, in no envelope. Every request pays for it.
 *
 * @param isServed whether the service answers under a name. @default under any
 */
export function findHeadFault(request: IncomingMessage, isServed: HostPolicy | undefined): ServiceError | undefined {
  const { headers, httpVersionMajor, httpVersionMinor } = request;
  const { host, expect, "transfer-encoding": encoding } = headers;
  // A frame's version says nothing here: HTTP/2 begins with another preface.
  if (httpVersionMajor !== 1) return kitError("invalid_request", "Send the request as HTTP/1.1.");
  if (host === undefined ? httpVersionMinor === 1 : !HOST.test(host))
    // Several are joined by commas. Source: RFC 9112, 3.2.
    return kitError("invalid_request", "The request must have one Host header, which names a host.");
  if (encoding !== undefined && (httpVersionMinor !== 1 || encoding.toLowerCase() !== "chunked"))
    return kitError("invalid_request", "The only transfer coding that this service reads is chunked.");
  if (expect !== undefined && expect.toLowerCase() !== "100-continue")
    return kitError("expectation_failed", "The only expectation that this service meets is 100-continue.");
  if (isServed !== undefined && !isServed(hostOfTarget(request.url) ?? host ?? ""))
    return kitError("misdirected_request", "This service does not answer under that name: see ALLOWED_HOSTS.");
  return undefined;
}
