import type { Check, CheckResult } from "./check.ts";
import type { InspectedService } from "./inspected-service.ts";
import { fetchOpenapi, get, requestableRoutes, sendOperation } from "./requests.ts";
import { telemetryChecks } from "./telemetry-checks.ts";

/**
 * Checks of the running service (SDG-3, SDG-5, SDG-7). They change no data: every request is
 * invalid or only reads.
 */
export const liveChecks: Check[] = [
  {
    name: "its probes answer",
    live: true,
    evaluate: async (subject) =>
      (
        await Promise.all(
          (["live", "ready"] as const).map((probe) =>
            checkProbe(subject, subject.service.probes[probe], `the ${probe} probe`),
          ),
        )
      ).flat(),
  },
  { name: "a request without its tenant is refused", live: true, evaluate: checkTenantHeader },
  {
    name: "its OpenAPI document is valid",
    live: true,
    evaluate: async (subject) => (await fetchOpenapi(subject)).faults,
  },
  ...telemetryChecks,
];

async function checkProbe(subject: InspectedService, path: string, what: string): Promise<string[]> {
  const { status } = await get(subject, path);
  return status >= 200 && status < 300
    ? []
    : [`${what} ${path} answers ${status}, but must answer 200 while all that the service needs is there`];
}

const MALFORMED_TENANTS = ["abc", "0", "-1", "1.5", "1e3"];

async function checkTenantHeader(subject: InspectedService): Promise<CheckResult> {
  const { tenant } = subject.service;
  if (tenant === "none") return { skipped: "the service has no tenants, as its plinth.json says" };
  const routes = await requestableRoutes(subject);
  if (routes.length === 0)
    return [`its OpenAPI document names no route that could be tried: describe each that takes a tenant`];
  // A service with a default tenant accepts a request without one.
  const given = [...(tenant === "header" ? [undefined] : []), ...MALFORMED_TENANTS];
  const faults: string[] = [];
  for (const [index, route] of routes.entries()) {
    // All values on the first route, one on each other: all routes share the code.
    for (const value of index === 0 ? given : given.slice(0, 1)) {
      const { status } = await sendOperation(subject, route, value === undefined ? {} : { "x-tenant-id": value });
      if (status === 400) continue;
      const header = value === undefined ? "without X-Tenant-Id" : `with X-Tenant-Id: ${value}`;
      faults.push(
        `${route.method} ${route.pattern} ${header} answers ${status}, but must answer 400 before it does anything`,
      );
    }
  }
  return faults;
}
