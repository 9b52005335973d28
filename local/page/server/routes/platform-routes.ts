import type { PageSummary } from "../../model/api.ts";
import type { PageSources } from "../../model/sources.ts";
import type { Route } from "../http/router.ts";

export function createPlatformRoutes(sources: PageSources): Route[] {
  return [
    {
      method: "GET",
      path: "/api/summary",
      handle: async ({ isAuthorized }): Promise<PageSummary> => {
        const [summary, services] = await Promise.all([
          sources.summary(),
          // The page opens even if the store is away.
          sources.traces.services().catch(() => []),
        ]);
        return { ...summary, mayChange: isAuthorized && !summary.readOnly, services };
      },
    },
    { method: "GET", path: "/api/tenants", handle: () => sources.tenants.list() },
    { method: "GET", path: "/api/alerts", handle: () => sources.alerts.list() },
    { method: "GET", path: "/api/dashboards", handle: () => sources.dashboards },
  ];
}
