import type { PageSources } from "@plinth/local/page/model/sources.ts";
import { createDashboards } from "../../../components/observability/dashboards/dashboards.ts";
import { observedServices } from "../observability/observed-services.ts";
import { FixtureLogs } from "./fixture-logs.ts";
import { FixtureMetrics } from "./fixture-metrics.ts";
import { serviceNames } from "./fixture-names.ts";
import { FixtureAlerts, FixtureSchemas, FixtureTenants, FixtureTopics } from "./fixture-platform.ts";
import { FixtureResources } from "./fixture-resources.ts";
import { FixtureTraces, traceId } from "./fixture-traces.ts";

export interface FixtureSize {
  /** @default 12 */
  services?: number;
  /** @default 2000 */
  lines?: number;
  /** @default 200 */
  traces?: number;
  /** @default 12 */
  tenants?: number;
}

export interface FixtureSources extends PageSources {
  resources: FixtureResources;
  logs: FixtureLogs;
  traces: FixtureTraces;
  metrics: FixtureMetrics;
  alerts: FixtureAlerts;
  topics: FixtureTopics;
}

/** A platform that exists only in memory: the page's real server answers from it. */
export function createFixtureSources(size: FixtureSize = {}): FixtureSources {
  const { services = 12, lines = 2_000, traces = 200, tenants = 12 } = size;
  const names = serviceNames(services);
  const traceIds = Array.from({ length: Math.min(traces, 50) }, (_, index) => traceId(index));
  return {
    summary: async () => ({ stack: "local", runtime: "process", readOnly: false, unavailable: {} }),
    dashboards: createDashboards(observedServices),
    resources: new FixtureResources(names),
    logs: new FixtureLogs(names, lines, traceIds),
    traces: new FixtureTraces(names, traces),
    metrics: new FixtureMetrics(),
    alerts: new FixtureAlerts(),
    topics: new FixtureTopics(),
    schemas: new FixtureSchemas(),
    tenants: new FixtureTenants(tenants),
  };
}
