import type * as pulumi from "@pulumi/pulumi";
import { ALERTMANAGER, ALERTMANAGER_PORT } from "./alertmanager.ts";
import { imageOf, type ObservabilityContext, portOf } from "./context.ts";
import { dataSources, storeAddresses } from "./data-sources.ts";
import { LOKI, LOKI_PORT } from "./loki.ts";
import { PROMETHEUS, PROMETHEUS_PORT } from "./prometheus.ts";
import { SECRETS_DIRECTORY, type ServerDefinition, yaml } from "./server.ts";
import { TEMPO, TEMPO_PORT } from "./tempo.ts";

export const GRAFANA = "grafana";
export const GRAFANA_PORT = 3000;
/** The numeric user of the image. */
const GRAFANA_USER_ID = 472;
const PROVISIONING = "/etc/grafana/provisioning";
const DASHBOARDS = "/etc/grafana/dashboards";

/** Secrets of Grafana itself. */
export interface GrafanaSecrets {
  /** Of the user `admin`, when its database is first created. */
  password: pulumi.Input<string>;
  /** Encrypts what its database keeps secret. */
  signingKey: pulumi.Input<string>;
}

/**
 * Grafana, all of it from code: data sources, folder, dashboards, contact point. It reports nothing
 * home, looks for no updates, and lets nobody in without a password.
 *
 * @param dashboards names of the ConfigMaps with one dashboard each
 */
export function grafanaServer(
  context: ObservabilityContext,
  dashboards: string[],
  { password, signingKey }: GrafanaSecrets,
): ServerDefinition {
  const { settings, sizes } = context;
  const webhook = settings.notify?.webhook;
  return {
    workload: GRAFANA,
    image: imageOf(context, "grafana"),
    user: GRAFANA_USER_ID,
    environment: grafanaEnvironment,
    ...(webhook !== undefined && { secretEnvironment: { NOTIFY_WEBHOOK: "webhook" } }),
    ports: { http: GRAFANA_PORT },
    probes: { ready: "/api/health", live: "/api/health" },
    files: {
      directory: PROVISIONING,
      texts: {
        "datasources/plinth.yaml": yaml({
          apiVersion: 1,
          prune: true,
          datasources: dataSources(storeAddresses(), settings.tenantDataSources),
        }),
        "dashboards/plinth.yaml": yaml(dashboardProvider),
        ...(webhook !== undefined && { "alerting/plinth.yaml": yaml(contactPoint) }),
      },
    },
    folders: { directory: DASHBOARDS, configMaps: dashboards },
    secrets: { password, "signing-key": signingKey, ...(webhook !== undefined && { webhook }) },
    size: sizes.grafana,
    data: "/var/lib/grafana",
    metrics: { port: GRAFANA_PORT, path: "/metrics" },
    uses: [
      { workload: PROMETHEUS, ports: [PROMETHEUS_PORT] },
      { workload: ALERTMANAGER, ports: [ALERTMANAGER_PORT] },
      { workload: LOKI, ports: [LOKI_PORT] },
      { workload: TEMPO, ports: [TEMPO_PORT] },
    ],
    ...(webhook !== undefined && { outside: [portOf(webhook)] }),
  };
}

/** Grafana's settings by variables: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/ */
export const grafanaEnvironment = {
  GF_PATHS_PROVISIONING: PROVISIONING,
  GF_SECURITY_ADMIN_PASSWORD__FILE: `${SECRETS_DIRECTORY}/password`,
  GF_SECURITY_SECRET_KEY__FILE: `${SECRETS_DIRECTORY}/signing-key`,
  GF_SECURITY_DISABLE_GRAVATAR: "true",
  GF_AUTH_ANONYMOUS_ENABLED: "false",
  GF_USERS_ALLOW_SIGN_UP: "false",
  GF_ANALYTICS_REPORTING_ENABLED: "false",
  GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: "false",
  GF_NEWS_NEWS_FEED_ENABLED: "false",
  GF_SNAPSHOTS_EXTERNAL_ENABLED: "false",
  // Plugins that it would fetch at its start; the network policy lets it reach nothing.
  GF_PLUGINS_PREINSTALL_DISABLED: "true",
  // Its image is read-only.
  GF_LOG_MODE: "console",
  GF_LOG_LEVEL: "warn",
} as const;

const dashboardProvider = {
  apiVersion: 1,
  providers: [
    {
      name: "plinth",
      type: "file",
      folder: "Plinth",
      folderUid: "plinth",
      allowUiUpdates: false,
      disableDeletion: true,
      options: { path: DASHBOARDS },
    },
  ],
};

/** For alerts that a person adds in Grafana; those of the platform go through Alertmanager. */
const contactPoint = {
  apiVersion: 1,
  contactPoints: [
    {
      orgId: 1,
      name: "webhook",
      // Read from the variable, so that no ConfigMap holds the address.
      receivers: [{ uid: "webhook", type: "webhook", settings: { url: "$NOTIFY_WEBHOOK", httpMethod: "POST" } }],
    },
  ],
  policies: [{ orgId: 1, receiver: "webhook", group_by: ["grafana_folder", "alertname"] }],
};
