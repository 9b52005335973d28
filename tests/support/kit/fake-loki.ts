import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

export interface LokiEntry {
  /** From `X-Scope-OrgID`. */
  tenant: string;
  labels: Record<string, string>;
  /** Nanoseconds since 1970. */
  time: bigint;
  line: Record<string, unknown>;
}

/**
 * Answers like Loki's push API with authentication: 401 without a tenant, 400 for an unreadable
 * body, 204 for accepted lines.
 */
export interface FakeLoki {
  url: string;
  entries: LokiEntry[];
  requests: { path: string; tenant: string | undefined; encoding: string | undefined }[];
  /** A status that replaces every answer. */
  failWith: number | undefined;
  /** A tenant that gets 429, whatever others get. */
  limited: string | undefined;
  /** Milliseconds until each answer. */
  slowMs: number;
  close(): Promise<void>;
}

export async function startFakeLoki(port = 0): Promise<FakeLoki> {
  const server = createServer(async (request, response) => {
    const { "x-scope-orgid": tenant, "content-encoding": encoding } = request.headers;
    fake.requests.push({ path: `${request.method} ${request.url}`, tenant: tenant as string | undefined, encoding });
    const body = await buffer(request);
    if (fake.slowMs > 0) await sleep(fake.slowMs);
    if (tenant !== undefined && tenant === fake.limited) response.writeHead(429).end("ingestion rate limit exceeded");
    else if (fake.failWith !== undefined) response.writeHead(fake.failWith).end("told to fail");
    else if (typeof tenant !== "string") response.writeHead(401).end("no org id");
    else if (accept(request, tenant, encoding === "gzip" ? gunzipSync(body) : body)) response.writeHead(204).end();
    else response.writeHead(400).end("cannot be read");
  });

  function accept(request: IncomingMessage, tenant: string, body: Buffer): boolean {
    if (request.url !== "/loki/api/v1/push" || request.headers["content-type"] !== "application/json") return false;
    const { streams } = JSON.parse(body.toString()) as {
      streams: { stream: Record<string, string>; values: [string, string][] }[];
    };
    for (const { stream, values } of streams) {
      for (const [time, line] of values) {
        if (!/^\d{19}$/.test(time)) return false;
        fake.entries.push({
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
  const fake: FakeLoki = {
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
  return fake;
}
