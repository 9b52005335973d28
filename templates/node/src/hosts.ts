/** Names of the loopback, which a browser resolves itself. */
const LOOPBACK = /^(localhost|([\w-]+\.)+localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * Whether the service answers under a `Host`. A page whose name leads to this machine must not read its answers.
 *
 * @param allowed names besides the loopback's; undefined: any name
 */
export function isServed(host: string | undefined, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const name = (host ?? "").toLowerCase().replace(/:\d*$/, "");
  return LOOPBACK.test(name) || allowed.includes(name);
}
