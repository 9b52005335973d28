import type { RequestListener, ServerResponse } from "node:http";
import type { ObservabilitySettings } from "../observability/settings.ts";
import { ensurePageToken } from "./page-token.ts";
import { type RunningPage, startPage } from "./server/page-server.ts";
import { createLocalSources } from "./sources/local-sources.ts";

/** What other parts of the process serve on the page's port. */
export interface LocalMounts {
  /** Text of `/metrics`. */
  metrics(): Promise<string>;
  /** `/api/v2/alerts`: vmalert and Alertmanager send alerts there. */
  receiveAlerts: RequestListener;
}

/**
 * Serves the page of a stack of processes, `/metrics` of the collector and the exporters, and
 * `/health`. Listens once this resolves.
 */
export function startLocalPage(
  settings: ObservabilitySettings,
  { metrics, receiveAlerts }: LocalMounts,
  environment: NodeJS.ProcessEnv,
): Promise<RunningPage> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: cacheUrl, NOTIFY_WEBHOOK: webhook } = environment;
  return startPage({
    port: settings.ports.page,
    token: ensurePageToken(settings.data),
    assets: settings.page,
    allowedHosts: settings.allowedHosts,
    sources: createLocalSources({ ...settings, databaseUrl, cacheUrl, secrets: [webhook] }),
    mounts: {
      "/health": (_request, response) => response.end("ok\n"),
      "/api/v2/alerts": receiveAlerts,
      "/metrics": (_request, response) => sendMetrics(response, metrics),
    },
  });
}

async function sendMetrics(response: ServerResponse, metrics: () => Promise<string>): Promise<void> {
  response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
  response.end(await metrics());
}
