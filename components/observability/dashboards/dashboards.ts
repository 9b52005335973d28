import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { businessMetrics } from "./business-metrics.ts";
import { errorTracking } from "./error-tracking.ts";
import { gatewayMonitoring } from "./gateway-monitoring.ts";
import { highLoadService } from "./high-load-service.ts";
import { kafkaAndSchemaRegistry } from "./kafka-and-schema-registry.ts";
import { microservicesOverview } from "./microservices-overview.ts";
import { postgresqlAndCitus } from "./postgresql-and-citus.ts";
import { tenantDashboard } from "./tenant.ts";

const definitions = [
  microservicesOverview,
  errorTracking,
  gatewayMonitoring,
  businessMetrics,
  highLoadService,
  kafkaAndSchemaRegistry,
  postgresqlAndCitus,
  tenantDashboard,
];

/**
 * The dashboards of the platform (OBS-1), as plain data that depends on nothing but the services'
 * descriptors: the same for the local page and for Grafana.
 */
export function createDashboards(services: readonly ObservedService[]): Dashboard[] {
  return definitions.map((create) => create(services));
}
