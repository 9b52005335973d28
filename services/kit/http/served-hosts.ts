/** Whether a service answers requests whose `Host`, with or without port, is this. */
export type HostPolicy = (host: string) => boolean;

/** Names of the loopback, which a browser resolves itself. Source: RFC 6761, 6.3. */
const LOOPBACK = /^(localhost|([\w-]+\.)+localhost|127\.0\.0\.1|\[::1\])$/;
const MAX_REMEMBERED = 100;

/**
 * Serves the loopback's names and `others`. A page whose name leads to 127.0.0.1 (DNS rebinding)
 * has the same origin as the service for a browser, which then lets it read every answer: only the
 * name tells such a request from others.
 *
 * @param others names without port, in any case
 */
export function serveHosts(others: readonly string[]): HostPolicy {
  const allowed = new Set(others.map((name) => name.toLowerCase()));
  /** Every request asks, and nearly all with the same few texts. */
  const remembered = new Set<string>();
  return (host) => {
    if (remembered.has(host)) return true;
    const name = host.toLowerCase().replace(/:\d*$/, "");
    if (!LOOPBACK.test(name) && !allowed.has(name)) return false;
    if (remembered.size < MAX_REMEMBERED) remembered.add(host);
    return true;
  };
}

/**
 * The host that a request's target names, as in `GET http://localhost/x`, in place of its `Host`
 * header. Source: RFC 9112, 3.2.2.
 */
export function hostOfTarget(target = "/"): string | undefined {
  if (target.startsWith("/")) return undefined;
  return /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(target)?.[1];
}
