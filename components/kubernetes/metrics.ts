/** Where the pods of a workload print their metrics. */
export interface MetricsPort {
  port: number;
  path: string;
}

/** Of a pod: by these, Prometheus and Alloy find what to scrape. */
export function scrapeAnnotations({ port, path }: MetricsPort): Record<string, string> {
  return { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": path };
}
