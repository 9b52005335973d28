import { ALERTMANAGER, ALERTMANAGER_PORT } from "./alertmanager.ts";
import { INFRASTRUCTURE_TENANT } from "./context.ts";
import { LOKI, LOKI_PORT } from "./loki.ts";
import { PROMETHEUS, PROMETHEUS_PORT } from "./prometheus.ts";
import { TEMPO, TEMPO_PORT } from "./tempo.ts";

/** A data source as Grafana's provisioning reads it. */
export interface DataSource {
  name: string;
  uid: string;
  type: string;
  access: "proxy";
  url: string;
  editable: false;
  isDefault?: boolean;
  jsonData: Record<string, unknown>;
  secureJsonData?: Record<string, string>;
}

/** Where Grafana finds the stores: `undefined` for one that is not in the stack. */
export interface StoreAddresses {
  prometheus?: string;
  alertmanager?: string;
  loki?: string;
  tempo?: string;
}

/** Addresses within the namespace, or with `domain` from any other. */
export function storeAddresses(domain = ""): Required<StoreAddresses> {
  const at = (workload: string, port: number) => `http://${workload}${domain}:${port}`;
  return {
    prometheus: at(PROMETHEUS, PROMETHEUS_PORT),
    alertmanager: at(ALERTMANAGER, ALERTMANAGER_PORT),
    loki: at(LOKI, LOKI_PORT),
    tempo: at(TEMPO, TEMPO_PORT),
  };
}

/**
 * Grafana's data sources: dashboards name them by their `uid`. Loki shows the platform's own
 * tenant, and `tenants` get one each.
 */
export function dataSources(addresses: StoreAddresses, tenants: readonly number[]): DataSource[] {
  const { prometheus, alertmanager, loki, tempo } = addresses;
  return [
    ...(prometheus === undefined ? [] : [prometheusSource(prometheus)]),
    ...(alertmanager === undefined ? [] : [alertmanagerSource(alertmanager)]),
    ...(loki === undefined
      ? []
      : [
          lokiSource("Loki", "loki", loki, INFRASTRUCTURE_TENANT),
          ...tenants.map((id) => lokiSource(`Loki of tenant ${id}`, `loki-${id}`, loki, id)),
        ]),
    ...(tempo === undefined ? [] : [tempoSource(tempo)]),
  ];
}

const common = { access: "proxy", editable: false } as const;

function prometheusSource(url: string): DataSource {
  return {
    ...common,
    name: "Prometheus",
    uid: "prometheus",
    type: "prometheus",
    url,
    isDefault: true,
    jsonData: {
      httpMethod: "POST",
      prometheusType: "Prometheus",
      timeInterval: "15s",
      exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: "tempo" }],
    },
  };
}

function alertmanagerSource(url: string): DataSource {
  return {
    ...common,
    name: "Alertmanager",
    uid: "alertmanager",
    type: "alertmanager",
    url,
    jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
  };
}

function lokiSource(name: string, uid: string, url: string, tenant: number): DataSource {
  return {
    ...common,
    name,
    uid,
    type: "loki",
    url,
    jsonData: {
      maxLines: 1000,
      httpHeaderName1: "X-Scope-OrgID",
      derivedFields: [
        {
          name: "trace_id",
          matcherType: "regex",
          matcherRegex: '"trace_id":"([0-9a-f]{32})"',
          // Two dollars: provisioning would read one as a variable.
          url: "$${__value.raw}",
          urlDisplayLabel: "Trace",
          datasourceUid: "tempo",
        },
      ],
    },
    secureJsonData: { httpHeaderValue1: String(tenant) },
  };
}

function tempoSource(url: string): DataSource {
  return {
    ...common,
    name: "Tempo",
    uid: "tempo",
    type: "tempo",
    url,
    jsonData: {
      tracesToLogsV2: {
        datasourceUid: "loki",
        spanStartTimeShift: "-5m",
        spanEndTimeShift: "5m",
        tags: [{ key: "service.name", value: "service" }],
        filterByTraceID: true,
        filterBySpanID: false,
      },
      tracesToMetrics: {
        datasourceUid: "prometheus",
        tags: [{ key: "service.name", value: "service" }],
        queries: [
          {
            name: "Requests a second",
            query: "sum by (route, status) (rate(http_requests_total{$$__tags}[5m]))",
          },
        ],
      },
      nodeGraph: { enabled: true },
    },
  };
}
