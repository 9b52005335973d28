import { resolveRedpandaSettings } from "../../redpanda/settings.ts";
import { loopback, type ProcessContext } from "./context.ts";

/** Series of the stores' own metrics that a panel or an alert may use; they have 2,000 more. */
const OWN_SERIES =
  "up|process_(cpu|resident|start).*|vl_(rows|bytes|storage|data_size|free_disk|http_errors).*|" +
  "vm_(rows|data_size|free_disk|http_request_errors|promscrape_scrapes).*|vmalert_(alert|execution|iteration|config|remotewrite).*|plinth_.*";

/**
 * Prometheus' configuration for the processes of one machine. Each series has the labels `job` and
 * `service`, which are the process's name, `instance`, and `env`, which is the stack's.
 */
export function scrapeConfig({ runtime, ports, services }: ProcessContext): object {
  const target = (service: string, port: number, path: string) => ({
    job_name: service,
    metrics_path: path,
    // A program's own labels win, as in a cluster.
    honor_labels: true,
    static_configs: [{ targets: [loopback(port)], labels: { service, env: runtime.stack } }],
  });
  const store = (service: string, port: number) => ({
    ...target(service, port, "/metrics"),
    metric_relabel_configs: [{ source_labels: ["__name__"], regex: OWN_SERIES, action: "keep" }],
  });
  return {
    global: { scrape_interval: "5s", scrape_timeout: "4s" },
    scrape_configs: [
      ...services.flatMap(({ name, port, metrics }) =>
        metrics === undefined ? [] : [target(name, port + runtime.portOffset, metrics)],
      ),
      target("observability", ports.page, "/metrics"),
      target("schema-registry", resolveRedpandaSettings({ runtime }).registryPort, "/metrics"),
      store("victoria-logs", ports.logs),
      store("victoria-metrics", ports.metrics),
      store("vmalert", ports.vmalert),
    ],
  };
}
