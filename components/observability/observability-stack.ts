import { Process, type ProcessArgs } from "@plinth/providers/process.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import { type KubernetesRuntime, onRuntime, type ProcessRuntime, type Runtime } from "../base/runtime.ts";
import { resolveCitusSettings } from "../citus/settings.ts";
import { resolveRedisSettings } from "../redis/settings.ts";
import type { LocatedService } from "../service/descriptor.ts";
import type { TenantDeclaration } from "../tenants/declaration.ts";
import { createAlertGroups } from "./alerts/alerts.ts";
import { createDashboards } from "./dashboards/dashboards.ts";
import { ClusterObservability } from "./kubernetes/cluster-observability.ts";
import type { GrafanaSecrets } from "./kubernetes/grafana.ts";
import type { AdministeredServer } from "./kubernetes/tools/admin.ts";
import { collectorProcess } from "./process/collector.ts";
import { loopback, type ProcessContext } from "./process/context.ts";
import { alertmanagerProcess, jaegerProcess } from "./process/full-profile.ts";
import { victoriaLogsProcess, victoriaMetricsProcess, vmalertProcess } from "./process/stores.ts";
import { type ObservabilityConfig, observabilityPorts } from "./settings.ts";

export interface ObservabilityStackArgs extends ObservabilityConfig {
  runtime: Runtime;
  /** Services whose metrics are scraped and whose logs are labelled. */
  services: readonly LocatedService[];
  /** Of the role that services connect as. */
  databasePassword: pulumi.Input<string>;
  /** Tenants to whom lines that name them go; Kubernetes only. */
  tenants: readonly TenantDeclaration[];
  /** Kubernetes only. */
  grafana: GrafanaSecrets;
  /** The stores that `tools` show; Kubernetes only. */
  database: AdministeredServer;
  cache: AdministeredServer;
}

/**
 * Logs, metrics, traces, dashboards and alerts of a stack. Nothing waits for it, and it waits for
 * nothing: it shows a platform that does not start, and its absence changes no service.
 *
 * @example
 * new ObservabilityStack("observability", {
 *   runtime, services, databasePassword, ...config.observability,
 * });
 */
export class ObservabilityStack extends PlatformComponent {
  constructor(name: string, args: ObservabilityStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ObservabilityStack", name, args.runtime, opts);
    onRuntime(args.runtime, {
      process: (runtime) => this.createProcesses(runtime, args),
      kubernetes: (runtime) => this.createInCluster(runtime, args),
    });
    this.registerOutputs();
  }

  private createInCluster(runtime: KubernetesRuntime, args: ObservabilityStackArgs): void {
    const { services, tenants, grafana, database, cache, ...settings } = args;
    const dashboards = createDashboards(services);
    const alerts = createAlertGroups(services);
    const stores = { database, cache };
    new ClusterObservability(
      this.name,
      { runtime, settings, tenants, dashboards, alerts, grafana, stores },
      { parent: this },
    );
  }

  private createProcesses(runtime: ProcessRuntime, args: ObservabilityStackArgs): void {
    const { services, profile, retention } = args;
    const context: ProcessContext = { runtime, ports: observabilityPorts(runtime), profile, retention, services };
    const logs = this.createProcess(runtime, "victoria-logs", victoriaLogsProcess(context));
    const metrics = this.createProcess(runtime, "victoria-metrics", victoriaMetricsProcess(context));
    const isFull = profile === "full";
    const notifier = `http://${loopback(isFull ? context.ports.alertmanager : context.ports.page)}`;
    this.createProcess(runtime, "vmalert", vmalertProcess(context, notifier), { dependsOn: metrics });
    const secrets = pulumi.output(this.collectorSecrets(runtime, args));
    // It ends before the store, so that it knows what the store has taken.
    this.createProcess(runtime, "observability", { ...collectorProcess(context), secrets }, { dependsOn: logs });
    if (!isFull) return;
    this.createProcess(runtime, "jaeger", jaegerProcess(context));
    this.createProcess(runtime, "alertmanager", alertmanagerProcess(context));
  }

  private createProcess(
    runtime: ProcessRuntime,
    process: string,
    spec: ProcessArgs["spec"],
    opts?: pulumi.CustomResourceOptions,
  ): Process {
    return new Process(this.childName(process), { runtime, process, spec }, { parent: this, ...opts });
  }

  private collectorSecrets(
    runtime: ProcessRuntime,
    { databasePassword, notify }: ObservabilityStackArgs,
  ): pulumi.Input<Record<string, pulumi.Input<string>>> {
    const { user, database, port } = resolveCitusSettings("citus", { runtime });
    const password = pulumi.secret(databasePassword).apply(encodeURIComponent);
    return {
      DATABASE_URL: pulumi.interpolate`postgresql://${user}:${password}@localhost:${port}/${database}`,
      REDIS_URL: `redis://localhost:${resolveRedisSettings({ runtime }).port}`,
      ...(notify?.webhook && { NOTIFY_WEBHOOK: notify.webhook }),
    };
  }
}
