import type { IncomingMessage } from "node:http";

/** Whether a server answers a request under a host, with or without port. */
export type HostPolicy = (host: string | undefined) => boolean;

/** Names of the loopback, which a browser resolves itself. Source: RFC 6761, 6.3. */
const LOOPBACK = /^(localhost|([\w-]+\.)+localhost|127\.0\.0\.1|\[::1\])$/i;
const MAX_HOST_LENGTH = 261;

/**
 * Serves the loopback's names and `others`, with any port. A page whose name leads to 127.0.0.1
 * (DNS rebinding) has the same origin as a server here for a browser, which then lets it read every
 * answer: only the name tells such a request from others.
 *
 * @param others names without port; one that begins with a dot stands for all below it
 */
export function serveHosts(others: readonly string[]): HostPolicy {
  const names = others.map((name) => name.toLowerCase());
  return (host = "") => {
    if (host.length > MAX_HOST_LENGTH) return false;
    const name = host.toLowerCase().replace(/:\d{0,5}$/, "");
    return (
      LOOPBACK.test(name) || names.some((other) => (other.startsWith(".") ? name.endsWith(other) : name === other))
    );
  };
}

/** The host that a request asks: its target's, if that names one. Source: RFC 9112, 3.2.2. */
export function hostOf({ url = "/", headers }: Pick<IncomingMessage, "url" | "headers">): string | undefined {
  return url.startsWith("/") ? headers.host : (/^https?:\/\/([^/?#]+)/i.exec(url)?.[1] ?? headers.host);
}

/** The names in a variable: separated by commas. */
export function parseHostNames(text = ""): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

/** The sentence of the answer 421, for the person who asked under that name. */
export function misdirected(host = ""): string {
  return `This server does not answer under the name '${host.slice(0, 100)}': use localhost, or add the name to the configuration key 'allowedHosts'.`;
}
