import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric, machineRoutes, noneOfValues, oneOfValues, selector } from "../promql.ts";

/** What is wrong with a service as its callers see it. */
export function serviceAlerts(services: readonly ObservedService[]): AlertGroup {
  const metric = createSelectMetric(services);
  const userRoutes = noneOfValues("route", machineRoutes(services));
  const requests = metric("http_requests_total", userRoutes);
  const failures = metric("http_requests_total", userRoutes, 'status=~"5.."');
  const buckets = metric("http_request_duration_seconds_bucket", userRoutes);
  const rate = (counter: string, by: string) => `sum by (${by}) (rate(${counter}[2m]))`;
  const names = services.map(({ name }) => name);
  const absent = names.map((name) => `absent(up{service="${name}"})`).join(" or ");
  return {
    name: "services",
    rules: [
      {
        name: "ServiceDown",
        expr: `${selector("up", oneOfValues("service", names))} == 0${absent && ` or ${absent}`}`,
        for: "15s",
        severity: "critical",
        summary: "{{ $labels.service }} does not answer its scrape",
        action: "Read the last lines of its log for the reason of its end, then start it again.",
        runbook: "service-down",
      },
      {
        name: "HighErrorRate",
        expr: `${rate(failures, "service")} / ${rate(requests, "service")} > 0.05`,
        for: "1m",
        severity: "critical",
        summary: "{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests",
        action: "Open Error Tracking and follow a failed trace to its deepest failed span.",
        runbook: "high-error-rate",
      },
      {
        name: "SlowRoute",
        expr: `histogram_quantile(0.99, ${rate(buckets, "service, route, le")}) > 1`,
        for: "1m",
        severity: "warning",
        summary: "{{ $labels.service }} answers {{ $labels.route }} in {{ $value | humanizeDuration }} (p99)",
        action: "Follow an exemplar of the route to its longest span, and look at what that waits for.",
        runbook: "slow-route",
      },
    ],
  };
}
