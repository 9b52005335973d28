import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

export interface LokiEntry {
  /** As `X-Scope-OrgID` named it. */
  tenant: string;
  labels: Record<string, string>;
  /** Nanoseconds since 1970. */
  time: bigint;
  line: Record<string, unknown>;
}

/**
 * Answers as Loki's push API does with authentication on: 401 without a tenant, 400 for what it
 * cannot read, 204 for what it took.
 */
export interface FakeLoki {
  url: string;
  entries: LokiEntry[];
  requests: { path: string; tenant: string | undefined; encoding: string | undefined }[];
  /** Status to answer with instead. */
  failWith: number | undefined;
  /** Of a tenant that is over its own limit: 429, whatever others are answered. */
  limited: string | undefined;
  /** Milliseconds until each answer. */
  slowMs: number;
  close(): Promise<void>;
}

export async function startFakeLoki(port = 0): Promise<FakeLoki> {
  const server = createServer(async (request, response) => {
    const { "x-scope-orgid": tenant, "content-encoding": encoding } = request.headers;
    standIn.requests.push({ path: `${request.method} ${request.url}`, tenant: tenant as string | undefined, encoding });
    const body = await buffer(request);
    if (standIn.slowMs > 0) await sleep(standIn.slowMs);
    if (tenant !== undefined && tenant === standIn.limited)
      response.writeHead(429).end("ingestion rate limit exceeded");
    else if (standIn.failWith !== undefined) response.writeHead(standIn.failWith).end("told to fail");
    else if (typeof tenant !== "string") response.writeHead(401).end("no org id");
    else if (take(request, tenant, encoding === "gzip" ? gunzipSync(body) : body)) response.writeHead(204).end();
    else response.writeHead(400).end("cannot be read");
  });

  function take(request: IncomingMessage, tenant: string, body: Buffer): boolean {
    if (request.url !== "/loki/api/v1/push" || request.headers["content-type"] !== "application/json") return false;
    const { streams } = JSON.parse(body.toString()) as {
      streams: { stream: Record<string, string>; values: [string, string][] }[];
    };
    for (const { stream, values } of streams) {
      for (const [time, line] of values) {
        if (!/^\d{19}$/.test(time)) return false;
        standIn.entries.push({
          tenant,
          labels: stream,
          time: BigInt(time),
          line: JSON.parse(line) as Record<string, unknown>,
        });
      }
    }
    return true;
  }

  await once(server.listen(port, "127.0.0.1"), "listening");
  const standIn: FakeLoki = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries: [],
    requests: [],
    failWith: undefined,
    limited: undefined,
    slowMs: 0,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
  return standIn;
}
