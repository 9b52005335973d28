import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric, machineRoutes, noneOfValues, oneOfValues, selector } from "../promql.ts";
import type { AlertTiming } from "./timing.ts";

/** What is wrong with a service, as its callers see it. */
export function serviceAlerts(services: readonly ObservedService[], { window }: AlertTiming): AlertGroup {
  const metric = createSelectMetric(services);
  const userRoutes = noneOfValues("route", machineRoutes(services));
  const requests = metric("http_requests_total", userRoutes);
  const failures = metric("http_requests_total", userRoutes, 'status=~"5.."');
  const buckets = metric("http_request_duration_seconds_bucket", userRoutes);
  const rate = (counter: string, by: string) => `sum by (${by}) (rate(${counter}[${window}]))`;
  const names = services.map(({ name }) => name);
  const absent = names.map((name) => ` or absent(up{service="${name}"})`).join("");
  return {
    name: "services",
    rules: [
      {
        name: "ServiceDown",
        expr: `${selector("up", oneOfValues("service", names))} == 0${absent}`,
        for: "30s",
        severity: "critical",
        summary: "{{ $labels.service }} does not answer its scrape",
        action: "Read the last lines of its log for the reason of its end, then start it again.",
        runbook: "service-down",
      },
      {
        name: "ServiceRestarted",
        expr:
          `increase(plinth_process_restarts_total[${window}]) > 0 or ` +
          `increase(kube_pod_container_status_restarts_total[${window}]) > 0`,
        for: "0s",
        severity: "warning",
        summary: "{{ $labels.process }}{{ $labels.container }} ended and was started again",
        action: "Read the lines before its end: an exit code or signal says whether it failed or was killed.",
        runbook: "service-restarted",
      },
      {
        name: "ServiceNotReady",
        expr:
          "plinth_process_ready == 0 or " +
          "sum by (namespace, deployment) (kube_deployment_status_replicas_unavailable) > 0 or " +
          'kube_pod_container_status_waiting_reason{reason=~"CrashLoopBackOff|CreateContainerConfigError|ImagePullBackOff"} > 0',
        for: "2m",
        severity: "critical",
        summary: "{{ $labels.process }}{{ $labels.deployment }}{{ $labels.container }} does not become ready",
        action:
          "Ask its readiness probe what it waits for; if its migrations failed, mend the file and run make up again.",
        runbook: "service-not-ready",
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
        for: "2m",
        severity: "warning",
        summary: "{{ $labels.service }} answers {{ $labels.route }} in {{ $value | humanizeDuration }} (p99)",
        action: "Follow an exemplar of the route to its longest span, and look at what that waits for.",
        runbook: "slow-route",
      },
      {
        name: "PoolExhausted",
        expr: `sum by (service) (${metric("database_pool_waiting")}) > 0`,
        for: "30s",
        severity: "critical",
        summary: "{{ $labels.service }} has {{ $value }} transactions that wait for a connection",
        action: "Look for its longest transaction and for locks before you enlarge the pool.",
        runbook: "pool-exhausted",
      },
    ],
  };
}
