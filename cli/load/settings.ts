import { parseBaseUrl } from "../terminal/base-url.ts";

export interface LoadSettings {
  /** URL of the service, without a slash at its end. */
  base: string;
  connections: number;
  seconds: number;
  /** Requests a second. @default as many as are answered */
  rate?: number | undefined;
}

/**
 * `BASE`, `RATE` (requests a second), `SECONDS`, `CONNECTIONS` and `FORCE` of the environment.
 *
 * @param ownBase asked when `BASE` names none
 * @throws one sentence: a setting that is out of its bounds, no target, or one that is not on this
 * machine without `FORCE=1`
 */
export async function parseLoadSettings(
  environment: Record<string, string | undefined>,
  ownBase: () => Promise<string | undefined>,
): Promise<LoadSettings> {
  const seconds = parseInteger("SECONDS", environment.SECONDS, 1, 600) ?? 10;
  const connections = parseInteger("CONNECTIONS", environment.CONNECTIONS, 1, 1000) ?? 32;
  const rate = parseInteger("RATE", environment.RATE, 1, 100_000);
  const target = environment.BASE || (await ownBase());
  if (target === undefined) throw new Error("The stack has no highload. Type: make up");
  const base = parseBaseUrl(target);
  const { hostname } = new URL(base);
  if (!isLoopback(hostname) && environment.FORCE !== "1")
    throw new Error(`${hostname} is not this machine: a load there disturbs others. If that is meant, add FORCE=1`);
  return { base, connections, seconds, rate };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function parseInteger(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new Error(`${name} is ${text}, but must be a whole number from ${least} to ${most}`);
  return value;
}
