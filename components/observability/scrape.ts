import type { LocatedService } from "../service/descriptor.ts";

/** What is scraped on one machine besides services. */
export interface ScrapedServer {
  name: string;
  port: number;
  /** @default "/metrics" */
  path?: string;
}

/**
 * Prometheus' configuration for the processes of one machine. Each series has the labels `job`,
 * `instance`, `service` and `env`.
 *
 * @param stack the label `env`
 */
export function scrapeConfig(
  stack: string,
  portOffset: number,
  services: readonly LocatedService[],
  servers: readonly ScrapedServer[],
): object {
  const target = (job: string, service: string, port: number, path: string) => ({
    job_name: `${job}/${service}`,
    metrics_path: path,
    static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { job, service, env: stack } }],
  });
  return {
    global: { scrape_interval: "5s", scrape_timeout: "4s" },
    scrape_configs: [
      ...services.flatMap(({ name, port, metrics }) =>
        metrics === undefined ? [] : [target("services", name, port + portOffset, metrics)],
      ),
      ...servers.map(({ name, port, path = "/metrics" }) => target("platform", name, port, path)),
    ],
  };
}
