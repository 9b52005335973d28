import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { errorTracking } from "./error-tracking.ts";
import { microservicesOverview } from "./microservices-overview.ts";

/**
 * The dashboards of the platform (OBS-1), as plain data that depends on nothing but the services'
 * descriptors: the same for the local page and for Grafana.
 */
export function createDashboards(services: readonly ObservedService[]): Dashboard[] {
  return [microservicesOverview, errorTracking].map((create) => create(services));
}
