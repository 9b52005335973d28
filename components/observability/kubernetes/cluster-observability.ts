import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../../base/component.ts";
import type { KubernetesRuntime } from "../../base/runtime.ts";
import { sizes } from "../../base/sizes.ts";
import { labels } from "../../kubernetes/labels.ts";
import { objectMetadata } from "../../kubernetes/metadata.ts";
import type { TenantDeclaration } from "../../tenants/declaration.ts";
import { prometheusRules } from "../alerts/prometheus-rules.ts";
import { grafanaDashboard } from "../grafana/dashboard.ts";
import type { ObservabilityConfig } from "../settings.ts";
import { alloyAgent, nodeExporterAgent } from "./agents.ts";
import { alertmanagerServer } from "./alertmanager.ts";
import type { ObservabilityContext } from "./context.ts";
import { dataSources, storeAddresses } from "./data-sources.ts";
import { type GrafanaSecrets, grafanaServer } from "./grafana.ts";
import { kubeStateMetricsServer } from "./kube-state-metrics.ts";
import { lokiServer } from "./loki.ts";
import { NodeAgents } from "./node-agents.ts";
import { ObservabilityServer } from "./observability-server.ts";
import { alertmanagerConfig, type OperatorResource, podMonitor, prometheusRule } from "./operator.ts";
import { prometheusServer } from "./prometheus.ts";
import { nodesNamespace } from "./scrapers.ts";
import { type ServerDefinition, secretOf, yaml } from "./server.ts";
import { checkClusterObservability, planObservability } from "./settings.ts";
import { tempoServer } from "./tempo.ts";
import { type AdministeredServer, pgAdminServer, redisInsightServer } from "./tools/admin.ts";
import { elasticsearchServer, kibanaServer } from "./tools/elk.ts";

export interface ClusterObservabilityArgs {
  runtime: KubernetesRuntime;
  settings: ObservabilityConfig;
  tenants: readonly TenantDeclaration[];
  dashboards: readonly Dashboard[];
  alerts: readonly AlertGroup[];
  grafana: GrafanaSecrets;
  /** The stores that pgAdmin and RedisInsight show. */
  stores: { database: AdministeredServer; cache: AdministeredServer };
}

/**
 * The observability stack of a cluster. Nothing of the platform waits for it or changes with it:
 * services push to addresses that may be absent.
 */
export class ClusterObservability extends PlatformComponent {
  constructor(name: string, args: ClusterObservabilityArgs, opts: pulumi.ComponentResourceOptions) {
    super("ClusterObservability", name, args.runtime, opts);
    const { runtime, settings, tenants } = args;
    checkClusterObservability(settings, runtime.profile);
    const context: ObservabilityContext = {
      runtime,
      stack: pulumi.getStack(),
      settings,
      sizes: sizes[runtime.profile].observability,
      tenants,
      nodes: runtime.namespace.apply(nodesNamespace),
    };
    this.createAgents(context);
    this.createStores(context);
    if (settings.mode === "built-in") this.createMetrics(context, args);
    if (settings.mode === "operator") this.createMonitors(context, args);
    this.createTools(context, args);
    this.registerOutputs();
  }

  private createAgents(context: ObservabilityContext): void {
    const { runtime, nodes, settings } = context;
    const agents = [alloyAgent(context), ...(settings.mode === "operator" ? [] : [nodeExporterAgent(context)])];
    new NodeAgents(this.childName("nodes"), { runtime, namespace: nodes, agents }, { parent: this });
    // kube-prometheus-stack has its own.
    if (settings.mode !== "operator") this.createServer(context, kubeStateMetricsServer(context));
  }

  private createStores(context: ObservabilityContext): void {
    const { logs, traces } = planObservability(context.settings);
    const { profile } = context.runtime;
    if (profile === "production" && (logs || traces) && context.settings.objectStorage === undefined)
      pulumi.log.warn(
        "Loki and Tempo keep logs and traces on one volume each, without a second copy; set 'observability.objectStorage' to keep them in a bucket.",
        this,
      );
    if (logs) this.createServer(context, lokiServer(context));
    if (traces) this.createServer(context, tempoServer(context));
  }

  private createMetrics(
    context: ObservabilityContext,
    { dashboards, alerts, grafana }: ClusterObservabilityArgs,
  ): void {
    this.createServer(context, alertmanagerServer(context));
    this.createServer(context, prometheusServer(context, { platform: prometheusRules(alerts) }));
    this.createServer(context, grafanaServer(context, this.createDashboards(context, dashboards), grafana));
  }

  /** What kube-prometheus-stack finds by labels: monitor, rules, dashboards, sources. */
  private createMonitors(context: ObservabilityContext, { dashboards, alerts }: ClusterObservabilityArgs): void {
    const { runtime, stack, settings, nodes } = context;
    const { notify } = settings;
    const namespaces = pulumi.all([runtime.namespace, nodes]);
    this.createOperatorResource(
      context,
      "pods",
      namespaces.apply((names) => podMonitor(stack, names).spec),
      podMonitor(stack, []),
    );
    const rules = prometheusRules(alerts);
    this.createOperatorResource(
      context,
      "rules",
      namespaces.apply((names) => prometheusRule(rules, names).spec),
      prometheusRule(rules, []),
    );
    if (notify?.webhook !== undefined) {
      const name = secretOf(this.name);
      const stringData = pulumi.secret({ webhook: notify.webhook });
      new Secret(
        this.childName("webhook"),
        { metadata: objectMetadata(this.name, runtime, name), stringData },
        { parent: this },
      );
      const config = alertmanagerConfig(name);
      this.createOperatorResource(context, "notifications", config.spec, config);
    }
    this.createDashboards(context, dashboards);
    this.createDataSources(context);
  }

  private createOperatorResource(
    { runtime, settings }: ObservabilityContext,
    suffix: string,
    spec: pulumi.Input<Record<string, unknown>>,
    { apiVersion, kind }: OperatorResource,
  ): void {
    const { namespace, name } = objectMetadata(this.name, runtime, this.childName(suffix));
    const metadata = { name, namespace, labels: { ...labels(this.name), ...settings.operatorLabels } };
    new CustomResource(this.childName(suffix), { apiVersion, kind, metadata, spec }, { parent: this });
  }

  /** One ConfigMap each, far below the megabyte that one may hold. @returns their names */
  private createDashboards({ runtime }: ObservabilityContext, dashboards: readonly Dashboard[]): string[] {
    return dashboards.map((dashboard) => {
      const name = `dashboard-${dashboard.id}`;
      const { labels: common, ...place } = objectMetadata(this.name, runtime, name);
      const metadata = {
        ...place,
        labels: { ...common, grafana_dashboard: "1" },
        annotations: { grafana_folder: "Plinth" },
      };
      const data = { [`${dashboard.id}.json`]: JSON.stringify(grafanaDashboard(dashboard)) };
      new ConfigMap(this.childName(name), { metadata, data }, { parent: this });
      return name;
    });
  }

  /** For the Grafana of another namespace, which reaches what network policies admit. */
  private createDataSources({ runtime, settings }: ObservabilityContext): void {
    const { labels: common, ...place } = objectMetadata(this.name, runtime, this.childName("data-sources"));
    const metadata = { ...place, labels: { ...common, grafana_datasource: "1" } };
    const { logs, traces } = planObservability(settings);
    const text = runtime.namespace.apply((namespace) => {
      const { loki, tempo } = storeAddresses(`.${namespace}.svc.cluster.local`);
      const addresses = { ...(logs && { loki }), ...(traces && { tempo }) };
      return yaml({ apiVersion: 1, datasources: dataSources(addresses, settings.tenantDataSources) });
    });
    new ConfigMap(this.childName("data-sources"), { metadata, data: { "plinth.yaml": text } }, { parent: this });
  }

  private createTools(context: ObservabilityContext, { stores, grafana }: ClusterObservabilityArgs): void {
    const { tools } = context.settings;
    if (tools.includes("elk"))
      for (const define of [elasticsearchServer, kibanaServer]) this.createServer(context, define(context));
    if (tools.includes("pgadmin"))
      this.createServer(context, pgAdminServer(context, stores.database, { password: grafana.password }));
    if (tools.includes("redisinsight")) this.createServer(context, redisInsightServer(context, stores.cache));
  }

  private createServer({ runtime }: ObservabilityContext, definition: ServerDefinition): void {
    new ObservabilityServer({ runtime, definition }, { parent: this });
  }
}
