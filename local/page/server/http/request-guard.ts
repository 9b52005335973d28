import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type HostPolicy, misdirected } from "../../../served-hosts.ts";
import { PageError } from "../../model/page-error.ts";

/**
 * Refuses requests that other sites make through this machine's browser. A name that an attacker
 * resolves to 127.0.0.1 (DNS rebinding) arrives as a foreign Host; a page of another origin, also
 * of another local port, with its Origin.
 *
 * @throws {@link PageError} 421 or 403
 */
export function assertOwnOrigin(
  headers: IncomingHttpHeaders,
  { isApi, isServed }: { isApi: boolean; isServed: HostPolicy },
): void {
  const { host = "", origin } = headers;
  if (!isServed(host)) throw new PageError(421, misdirected(host));
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    throw new PageError(403, `A page of another origin, ${origin.slice(0, 100)}, may not use this one`);
  // A link from elsewhere may open the page; only the page itself may call its API. Programs such
  // as curl send no such header.
  const site = headers["sec-fetch-site"];
  if (isApi && site !== undefined && site !== "same-origin" && site !== "none")
    throw new PageError(403, "Only the page itself may call its API from a browser");
}

/** Whether the header `Authorization: Bearer …` holds the token; compared in constant time. */
export function holdsToken({ authorization = "" }: IncomingHttpHeaders, token: string): boolean {
  const [scheme = "", given = ""] = authorization.split(" ");
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token)) && scheme.toLowerCase() === "bearer";
}
