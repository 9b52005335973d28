import { once } from "node:events";
import { createServer } from "node:http";
import type { Collector } from "../../collector/collector.ts";
import type { ObservabilitySettings } from "../../observability/settings.ts";

export interface PageServer {
  stop(): Promise<void>;
}

/**
 * Serves the page, its API, `/metrics` of the collector and `/health`. Listens once this resolves.
 */
export async function startPage({ ports }: ObservabilitySettings, collector: Collector): Promise<PageServer> {
  const server = createServer(async (request, response) => {
    response.end(request.url === "/metrics" ? await collector.metrics() : "");
  });
  server.listen(ports.page, "127.0.0.1");
  await once(server, "listening");
  return {
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
