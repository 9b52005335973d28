import { kitMetrics } from "./contract.ts";
import type { Metrics } from "./metrics.ts";
import type { CounterSeries } from "./prometheus-series.ts";

export type Outcome = "ok" | "refused" | "failed";

interface TenantSeries extends Record<Outcome, CounterSeries> {
  seconds: CounterSeries;
}

const OTHER_TENANTS = "other";

/**
 * Returns a function that counts a request of a tenant. The first tenants have series of their own,
 * as many as the service's metrics allow; all others share one.
 */
export function createTenantMetrics(metrics: Metrics): (tenantId: number, outcome: Outcome, seconds: number) => void {
  const { maxTenants } = metrics;
  const requests = metrics.counter({ ...kitMetrics.tenant_requests_total, maxSeries: 3 * (maxTenants + 1) });
  const time = metrics.counter({ ...kitMetrics.tenant_request_seconds_total, maxSeries: maxTenants + 1 });
  const byTenant = new Map<number, TenantSeries>();
  let others: TenantSeries | undefined;

  function createSeries(tenant: string): TenantSeries {
    return {
      ok: requests.labels(tenant, "ok"),
      refused: requests.labels(tenant, "refused"),
      failed: requests.labels(tenant, "failed"),
      seconds: time.labels(tenant),
    };
  }

  function addTenant(tenantId: number): TenantSeries {
    if (byTenant.size >= maxTenants) {
      others ??= createSeries(OTHER_TENANTS);
      return others;
    }
    const series = createSeries(String(tenantId));
    byTenant.set(tenantId, series);
    return series;
  }

  return (tenantId, outcome, seconds) => {
    const series = byTenant.get(tenantId) ?? addTenant(tenantId);
    series[outcome].inc();
    series.seconds.inc(seconds);
  };
}
