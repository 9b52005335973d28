import type { ObservabilitySettings } from "@plinth/local/observability/settings.ts";
import { Process } from "@plinth/providers/process.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import { onRuntime, type ProcessRuntime, type Runtime } from "../base/runtime.ts";
import { resolveCitusSettings } from "../citus/settings.ts";
import { resolveRedisSettings } from "../redis/settings.ts";
import { resolveRedpandaSettings } from "../redpanda/settings.ts";
import type { LocatedService } from "../service/descriptor.ts";
import { observedProcesses } from "./observed-processes.ts";
import { observabilityProcess, victoriaLogsProcess, victoriaMetricsProcess, vmalertProcess } from "./process.ts";
import { scrapeConfig } from "./scrape.ts";
import { type ObservabilityConfig, observabilityPorts } from "./settings.ts";

export interface ObservabilityStackArgs extends ObservabilityConfig {
  runtime: Runtime;
  /** Services whose metrics are scraped and whose logs are labelled. */
  services: readonly LocatedService[];
  /** Of the role that services connect as. */
  databasePassword: pulumi.Input<string>;
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
      kubernetes: () => undefined,
    });
    this.registerOutputs();
  }

  private createProcesses(
    runtime: ProcessRuntime,
    { services, retention, notify, databasePassword }: ObservabilityStackArgs,
  ): void {
    const ports = observabilityPorts(runtime);
    const folder = (process: string) => `${runtime.directory}/${process}`;
    const create = (
      process: string,
      spec: ConstructorParameters<typeof Process>[1]["spec"],
      dependsOn: pulumi.Resource[] = [],
    ) => new Process(this.childName(process), { runtime, process, spec }, { parent: this, dependsOn });

    create("victoria-logs", victoriaLogsProcess(ports, retention, folder("victoria-logs")));
    const scrape = scrapeConfig(runtime.stack, runtime.portOffset, services, [
      { name: "platform", port: ports.page },
      { name: "victoria-logs", port: ports.logs },
      { name: "victoria-metrics", port: ports.metrics },
      { name: "vmalert", port: ports.vmalert },
    ]);
    const metrics = create(
      "victoria-metrics",
      victoriaMetricsProcess(ports, retention, scrape, folder("victoria-metrics")),
    );
    const notifier = `http://127.0.0.1:${ports.page}`;
    create("vmalert", vmalertProcess(ports, JSON.stringify({ groups: [] }), notifier, folder("vmalert")), [metrics]);

    const { user, database, port: databasePort } = resolveCitusSettings("citus", { runtime });
    const redpanda = resolveRedpandaSettings({ runtime });
    const settings: ObservabilitySettings = {
      stack: runtime.stack,
      directory: runtime.directory,
      data: folder("observability"),
      page: folder("observability/page"),
      ports: { page: ports.page, loki: ports.loki, otlp: ports.otlp },
      stores: { logs: `http://127.0.0.1:${ports.logs}`, metrics: `http://127.0.0.1:${ports.metrics}` },
      brokers: `localhost:${redpanda.brokerPort}`,
      registry: `http://localhost:${redpanda.registryPort}`,
      processes: observedProcesses(services),
      dashboards: [],
      retention: { days: retention.days, bytes: retention.bytes },
    };
    const password = pulumi.secret(databasePassword).apply(encodeURIComponent);
    const secrets = pulumi.secret(
      pulumi.output({
        DATABASE_URL: pulumi.interpolate`postgresql://${user}:${password}@localhost:${databasePort}/${database}`,
        REDIS_URL: `redis://localhost:${resolveRedisSettings({ runtime }).port}`,
        ...(notify?.webhook && { NOTIFY_WEBHOOK: notify.webhook }),
      }),
    );
    create("observability", { ...observabilityProcess(settings, folder("observability")), secrets });
  }
}
