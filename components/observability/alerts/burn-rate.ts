import type { AlertGroup, AlertRule } from "@plinth/local/page/model/alert.ts";
import type { ObservedService } from "../observed-service.ts";
import { machineRoutes, noneOfValues, oneOfValues, selector } from "../promql.ts";
import { resolveSlo } from "../slo.ts";

/** gRPC codes that are the server's fault, as the kit logs them. */
export const GRPC_FAULTS = "Internal|Unknown|DataLoss|Unavailable|DeadlineExceeded";

/**
 * Windows and factors for an objective of 30 days: the alert fires when both windows burn the
 * budget `factor` times faster than it lasts; the short one ends it soon after the fault ends.
 * Source: Google, The Site Reliability Workbook, chapter 5, table 5-8.
 */
const BURN_RATES = [
  { factor: 14.4, long: "1h", short: "5m", severity: "critical", spent: "2 % of the budget within an hour" },
  { factor: 6, long: "6h", short: "30m", severity: "critical", spent: "5 % of the budget within 6 hours" },
  { factor: 3, long: "1d", short: "2h", severity: "warning", spent: "10 % of the budget within a day" },
  { factor: 1, long: "3d", short: "6h", severity: "warning", spent: "10 % of the budget within 3 days" },
] as const;

/**
 * Share of a service's requests that failed by its own fault. Health checks and scrapes are left
 * out.
 */
export function availabilityErrors(service: ObservedService, window: string): string {
  const http = served(service, "http_requests_total");
  const grpc = servedGrpc(service, "grpc_server_handled_total");
  const failed = served(service, "http_requests_total", 'status=~"5.."');
  const failedGrpc = servedGrpc(service, "grpc_server_handled_total", `grpc_code=~"${GRPC_FAULTS}"`);
  const all = sumOf([http, grpc], window);
  return `((${sumOf([failed, failedGrpc], window)} or 0 * ${all}) / ${all})`;
}

/** Share of a service's requests that took longer than the objective says. */
export function latencyErrors(service: ObservedService, window: string): string {
  const le = bucketMatcher(resolveSlo(service.slo).latency.ms / 1000);
  const fast = [
    served(service, "http_request_duration_seconds_bucket", le),
    servedGrpc(service, "grpc_server_handling_seconds_bucket", le),
  ];
  const all = [
    served(service, "http_request_duration_seconds_count"),
    servedGrpc(service, "grpc_server_handling_seconds_count"),
  ];
  return `(1 - ${sumOf(fast, window)} / ${sumOf(all, window)})`;
}

/** Prometheus 3 stores the bucket `1` as `1.0`; VictoriaMetrics keeps what it scrapes. */
function bucketMatcher(seconds: number): string {
  return Number.isInteger(seconds) ? oneOfValues("le", [`${seconds}`, `${seconds}.0`]) : `le="${seconds}"`;
}

/** The `or` keeps both: their labels differ. A service may have only one of them. */
function sumOf(selectors: readonly string[], window: string): string {
  return `sum by (service) (${selectors.map((one) => `rate(${one}[${window}])`).join(" or ")})`;
}

function served(service: ObservedService, name: string, ...matchers: string[]): string {
  return servedGrpc(service, name, noneOfValues("route", machineRoutes([service])), ...matchers);
}

function servedGrpc({ name, metricsPrefix = "" }: ObservedService, metric: string, ...matchers: string[]): string {
  return selector(`${metricsPrefix}${metric}`, `service="${name}"`, ...matchers);
}

/** The objectives of each service as alerts (OBS-6). */
export function burnRateAlerts(services: readonly ObservedService[]): AlertGroup[] {
  return services.map((service) => ({ name: `slo-${service.name}`, interval: "30s", rules: serviceRules(service) }));
}

function serviceRules(service: ObservedService): AlertRule[] {
  const { availability, latency } = resolveSlo(service.slo);
  const objectives = [
    {
      kind: "Availability",
      errors: availabilityErrors,
      budget: 1 - availability / 100,
      what: `fails more requests than its objective of ${availability} % allows`,
    },
    {
      kind: "Latency",
      errors: latencyErrors,
      budget: 1 - latency.ratio,
      what: `answers fewer than ${percent(latency.ratio)} % of its requests within ${latency.ms} ms`,
    },
  ];
  return objectives.flatMap(({ kind, errors, budget, what }) =>
    BURN_RATES.filter(({ factor }) => factor * budget < 1).map(({ factor, long, short, severity, spent }) => {
      const threshold = rounded(factor * budget);
      return {
        name: `${kind}Budget`,
        expr: `${errors(service, long)} > ${threshold} and ${errors(service, short)} > ${threshold}`,
        for: "0s",
        severity,
        labels: { service: service.name, window: long },
        summary: `${service.name} ${what}: at this rate it spends ${spent}`,
        action: ACTIONS[kind]!,
        runbook: `${kind.toLowerCase()}-budget`,
      };
    }),
  );
}

const ACTIONS: Record<string, string> = {
  Availability:
    "Open Error Tracking, follow a failed trace to its deepest failed span, and undo the last change to it.",
  Latency:
    "Open Microservices Overview, follow an exemplar of the slowest route to its longest span, and relieve that.",
};

const percent = (ratio: number) => rounded(ratio * 100);

/** Without the noise of binary fractions, so that the output has stable bytes. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}
