import { UserError } from "@plinth/local/user-error.ts";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { object, optional, text, wholeNumber } from "@plinth/local/validation/rules.ts";
import { parseBaseUrl } from "../terminal/base-url.ts";
import { readVariables, switchedOn } from "../terminal/variables.ts";

export interface LoadSettings {
  /** URL of the service, without a slash at its end. */
  base: string;
  connections: number;
  seconds: number;
  /** Requests a second. @default as many as are answered */
  rate?: number | undefined;
}

const variables = object({
  BASE: optional(text("a URL")),
  RATE: optional(wholeNumber(1, 100_000)),
  SECONDS: defaulted(wholeNumber(1, 600), { default: 10 }),
  CONNECTIONS: defaulted(wholeNumber(1, 1000), { default: 32 }),
  FORCE: defaulted(switchedOn(), { default: false }),
});

/**
 * The settings of `make load`, from the environment.
 *
 * @param findStackUrl asked when BASE names no service
 * @throws {@link UserError} for a setting out of its bounds, for no target, and without `FORCE=1`
 * for a target on another machine
 */
export async function parseLoadSettings(
  environment: Record<string, string | undefined>,
  findStackUrl: () => Promise<string | undefined>,
): Promise<LoadSettings> {
  const { BASE, RATE, SECONDS, CONNECTIONS, FORCE } = readVariables(variables, environment);
  const target = BASE ?? (await findStackUrl());
  if (target === undefined) throw new UserError("The stack has no highload. Type: make up");
  const base = parseBaseUrl(target);
  const { hostname } = new URL(base);
  if (!isLoopback(hostname) && !FORCE)
    throw new UserError(`${hostname} is not this machine: a load there disturbs others. If that is meant, add FORCE=1`);
  return { base, connections: CONNECTIONS, seconds: SECONDS, rate: RATE };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
