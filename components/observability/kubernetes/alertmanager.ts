import { imageOf, type ObservabilityContext, portOf } from "./context.ts";
import { peersService, SECRETS_DIRECTORY, type ServerDefinition, yaml } from "./server.ts";

export const ALERTMANAGER = "alertmanager";
export const ALERTMANAGER_PORT = 9093;
const GOSSIP_PORT = 9094;
/** `nobody` in the image. */
const ALERTMANAGER_USER_ID = 65_534;

export function alertmanagerServer(context: ObservabilityContext): ServerDefinition {
  const { sizes, settings } = context;
  const { replicas } = sizes.alertmanager;
  const webhook = settings.notify?.webhook;
  const peers = Array.from(
    { length: replicas },
    (_, index) => `--cluster.peer=${ALERTMANAGER}-${index}.${peersService(ALERTMANAGER)}:${GOSSIP_PORT}`,
  );
  return {
    workload: ALERTMANAGER,
    image: imageOf(context, "alertmanager"),
    user: ALERTMANAGER_USER_ID,
    args: [
      "--config.file=/etc/alertmanager/alertmanager.yaml",
      "--storage.path=/alertmanager",
      // Replicas agree on what has been sent.
      ...(replicas > 1 ? [`--cluster.listen-address=0.0.0.0:${GOSSIP_PORT}`, ...peers] : ["--cluster.listen-address="]),
      "--log.level=warn",
    ],
    ports: { http: ALERTMANAGER_PORT },
    peerPorts: { gossip: GOSSIP_PORT },
    // It tells its peers what it has sent by datagrams; TCP alone agrees once a minute.
    peerUdpPorts: [GOSSIP_PORT],
    probes: { ready: "/-/ready", live: "/-/healthy" },
    files: {
      directory: "/etc/alertmanager",
      texts: { "alertmanager.yaml": yaml(alertmanagerConfig(webhook !== undefined)) },
    },
    ...(webhook !== undefined && { secrets: { webhook }, outside: [portOf(webhook)] }),
    size: sizes.alertmanager,
    data: "/alertmanager",
    metrics: { port: ALERTMANAGER_PORT, path: "/metrics" },
  };
}

/**
 * Alertmanager's configuration: one message for each alert and service, again after four hours, and
 * one when it ends. https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(hasWebhook: boolean) {
  const receiver = hasWebhook ? "webhook" : "nobody";
  return {
    route: {
      receiver,
      group_by: ["alertname", "service"],
      group_wait: "10s",
      group_interval: "1m",
      repeat_interval: "4h",
    },
    // The reason silences its consequences.
    inhibit_rules: [
      {
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity="warning"'],
        equal: ["alertname", "service"],
      },
    ],
    receivers: [
      hasWebhook
        ? { name: receiver, webhook_configs: [{ url_file: `${SECRETS_DIRECTORY}/webhook`, send_resolved: true }] }
        : { name: receiver },
    ],
  };
}
