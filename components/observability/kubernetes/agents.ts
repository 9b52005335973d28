import * as pulumi from "@pulumi/pulumi";
import { declaredIds } from "../../tenants/declaration.ts";
import { ALLOY, ALLOY_PORT, alloyBlocks } from "./alloy/alloy.ts";
import { externalExporter, httpAuthentication, LOG_RECEIVER_PORT, passwordFile } from "./alloy/external.ts";
import { printAlloy } from "./alloy/syntax.ts";
import { OTLP_GRPC_PORT, OTLP_HTTP_PORT, tempoExporter } from "./alloy/traces.ts";
import { imageOf, type ObservabilityContext, portOf } from "./context.ts";
import { LOKI, LOKI_PORT } from "./loki.ts";
import type { NodeAgentDefinition } from "./node-agent.ts";
import { podDiscovery } from "./prometheus.ts";
import { planObservability } from "./settings.ts";
import { TEMPO, TEMPO_OTLP_PORT } from "./tempo.ts";
import { ELASTICSEARCH, ELASTICSEARCH_PORT } from "./tools/elk.ts";

const NODE_EXPORTER_PORT = 9100;

/** Reads the logs of the platform's containers on its node, and takes spans by OTLP. */
export function alloyAgent(context: ObservabilityContext): NodeAgentDefinition {
  const { runtime, nodes, stack, settings, sizes, tenants } = context;
  const { external = {}, tools } = settings;
  const plan = planObservability(settings);
  const elk = tools.includes("elk");
  const text = pulumi.all([runtime.namespace, nodes]).apply(([namespace, agents]) => {
    const domain = `.${namespace}.svc.cluster.local`;
    const blocks = alloyBlocks({
      stack,
      namespaces: [namespace, agents],
      tenants: declaredIds(tenants),
      logs: external.loki
        ? { url: external.loki.url, authentication: httpAuthentication("loki", external.loki) }
        : { url: `http://${LOKI}${domain}:${LOKI_PORT}/loki/api/v1/push`, authentication: [] },
      traces: external.otlp ? externalExporter(external.otlp) : tempoExporter(`${TEMPO}${domain}:${TEMPO_OTLP_PORT}`),
      metrics: external.remoteWrite && {
        url: external.remoteWrite.url,
        authentication: httpAuthentication("remoteWrite", external.remoteWrite),
      },
      receivesLogs: !plan.logs,
      elkDomain: elk ? domain : undefined,
    });
    return printAlloy(blocks);
  });
  const names = (["otlp", "loki", "remoteWrite"] as const).filter((name) => external[name] !== undefined);
  const passwords = names.flatMap((name) => {
    const password = external[name]!.password;
    return password === undefined ? [] : [[passwordFile(name), password]];
  });
  return {
    workload: ALLOY,
    image: imageOf(context, "alloy"),
    // The kubelet gives containers' logs to root alone.
    user: 0,
    args: [
      "run",
      "/etc/alloy/config.alloy",
      "--storage.path=/var/lib/plinth-alloy",
      `--server.http.listen-addr=0.0.0.0:${ALLOY_PORT}`,
      "--server.http.enable-pprof=false",
      "--server.http.disable-support-bundle",
      "--disable-reporting",
    ],
    ports: {
      http: ALLOY_PORT,
      "otlp-grpc": OTLP_GRPC_PORT,
      "otlp-http": OTLP_HTTP_PORT,
      ...(!plan.logs && { loki: LOG_RECEIVER_PORT }),
    },
    probes: { ready: "/-/ready", live: "/-/healthy" },
    folders: [
      { path: "/var/log/pods" },
      // How far it has read survives the pod.
      { path: "/var/lib/plinth-alloy", own: true },
    ],
    files: { directory: "/etc/alloy", texts: { "config.alloy": text } },
    ...(passwords.length > 0 && { secrets: Object.fromEntries(passwords) as Record<string, string> }),
    resources: sizes.alloy.resources,
    metrics: { port: ALLOY_PORT, path: "/metrics" },
    uses: [
      ...(plan.logs ? [{ workload: LOKI, ports: [LOKI_PORT], namespace: runtime.namespace }] : []),
      ...(plan.traces ? [{ workload: TEMPO, ports: [TEMPO_OTLP_PORT], namespace: runtime.namespace }] : []),
      ...(elk ? [{ workload: ELASTICSEARCH, ports: [ELASTICSEARCH_PORT], namespace: runtime.namespace }] : []),
    ],
    ...(external.remoteWrite && { scrapes: [runtime.namespace, nodes] }),
    outside: names.map((name) => portOf(external[name]!.url)),
    apiAccess: podDiscovery(context, "finds the stack's pods of its node, whose logs it reads"),
    reason: "reads the logs of its node as root, without capabilities, and keeps its positions there",
    serves: true,
  };
}

/** Metrics of the node itself: processors, memory, disks. */
export function nodeExporterAgent(context: ObservabilityContext): NodeAgentDefinition {
  return {
    workload: "node-exporter",
    image: imageOf(context, "nodeExporter"),
    // `nobody` in the image.
    user: 65_534,
    args: [
      `--web.listen-address=:${NODE_EXPORTER_PORT}`,
      "--path.procfs=/host/proc",
      "--path.sysfs=/host/sys",
      "--path.rootfs=/host/root",
      "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/(containers|docker|kubelet)/.+)($|/)",
      // Without the node's network it would tell of the pod's.
      ...["arp", "conntrack", "netclass", "netdev", "netstat", "sockstat", "udp_queues", "wifi"].map(
        (name) => `--no-collector.${name}`,
      ),
    ],
    ports: { metrics: NODE_EXPORTER_PORT },
    probes: { ready: "/", live: "/" },
    folders: [
      { path: "/proc", mountPath: "/host/proc" },
      { path: "/sys", mountPath: "/host/sys" },
      { path: "/", mountPath: "/host/root" },
    ],
    resources: context.sizes.nodeExporter.resources,
    metrics: { port: NODE_EXPORTER_PORT, path: "/metrics" },
    uses: [],
    outside: [],
    reason: "reads the node's counters below /proc and /sys, which it mounts read-only",
    serves: false,
  };
}
