import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectRouter } from "@connectrpc/connect";
import { defineErrors } from "@plinth/kit/core/errors.ts";
import type { Readiness } from "@plinth/kit/core/lifecycle.ts";
import { createLogger, type Logger } from "@plinth/kit/core/logger.ts";
import type { TenantDirectory } from "@plinth/kit/core/tenant.ts";
import { getGrpcCall } from "@plinth/kit/grpc/call.ts";
import { addHealthService } from "@plinth/kit/grpc/health.ts";
import { addReflectionService } from "@plinth/kit/grpc/reflection.ts";
import { createGrpcServer, type GrpcServer, type GrpcServerSettings } from "@plinth/kit/grpc/server.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { EchoService } from "./proto/generated/plinth/echo/v1/echo_pb.ts";

export const SERVICE = "plinth.echo.v1.EchoService";

export const echoError = defineErrors({ too_shy: 409 });

export const silentLogger: Logger = createLogger({ service: "echo", version: "test", level: "silent" });

/** A running server of the tests' contract. */
export interface EchoServer extends Seen {
  url: string;
  port: number;
  server: GrpcServer;
  metrics: Metrics;
  readiness: Readiness;
}

/** What the handlers saw. */
interface Seen {
  /** Texts of `Count`, in order. */
  counted: string[];
  /**
   * Texts of `Say`, in order.
   */
  heard: string[];
  /** Texts of `Say` whose handler saw its signal abort before it finished. */
  aborted: string[];
  /** Milliseconds that each `Say` had left when it began. */
  timeouts: number[];
}

/** @param port @default a free one */
export async function startEcho(settings: Partial<GrpcServerSettings> = {}, port = 0): Promise<EchoServer> {
  const metrics = createMetrics("echo", "test");
  const seen: Seen = { counted: [], heard: [], aborted: [], timeouts: [] };
  const echo = { metrics, ...seen, readiness: { status: "ready", checks: {} } as Readiness };
  const routes = (router: ConnectRouter) => {
    echoRoutes(router, seen);
    addHealthService(router, async () => running.readiness);
    addReflectionService(router);
  };
  const server = createGrpcServer({ logger: silentLogger, metrics, routes, ...settings });
  const listenPort = await server.listen({ host: "127.0.0.1", port });
  const running = Object.assign(echo, { server, port: listenPort, url: `http://127.0.0.1:${listenPort}` });
  return running;
}

function echoRoutes(router: ConnectRouter, { counted, heard, aborted, timeouts }: Seen): void {
  router.service(EchoService, {
    async say({ text, waitMs }, context) {
      const { tenantId, correlationId, span } = getGrpcCall(context);
      const recordAbort = () => aborted.push(text);
      context.signal.addEventListener("abort", recordAbort);
      heard.push(text);
      timeouts.push(context.timeoutMs() ?? Number.POSITIVE_INFINITY);
      // Ignores its signal, like a handler that waits for a slow library.
      if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
      context.signal.removeEventListener("abort", recordAbort);
      if (text === "secret") throw new Error("password of postgresql://app:app@db is wrong");
      if (text === "shy")
        throw echoError("too_shy", "Say it yourself: 你好.", { details: [{ path: "text", message: "is too much" }] });
      return { text, tenantId: BigInt(tenantId), correlationId, traceId: span.context.traceId };
    },
    async count({ text, waitMs }) {
      counted.push(text);
      if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
      return { text };
    },
    async *repeat({ text, times, everyMs }) {
      for (let turn = 1; turn <= times; turn++) {
        yield { text: `${text} ${turn}` };
        if (everyMs > 0) await sleep(everyMs, undefined, { ref: false });
      }
      if (text === "shy") throw echoError("too_shy", "Enough.");
    },
    async *chat(requests, context) {
      for await (const { text } of requests)
        yield { text: text.toUpperCase(), tenantId: BigInt(getGrpcCall(context).tenantId) };
    },
  });
}

/** Knows tenant 10001. */
export const tenants: TenantDirectory = { knows: (tenantId) => tenantId === 10_001 };

/**
 * The sum of the samples with that name and those labels, such as
 * `grpc_server_handled_total{grpc_method="Say",grpc_code="OK"}`; 0 if there are none.
 */
export async function metric({ registry }: Metrics, name: string, labels: Record<string, string>): Promise<number> {
  const collected = await registry.getSingleMetric(name)?.get();
  const values = collected?.values.filter((value) =>
    Object.entries(labels).every(([label, text]) => (value.labels as Record<string, unknown>)[label] === text),
  );
  return (values ?? []).reduce((sum, { value }) => sum + value, 0);
}

/** Collects one value from each message of a stream. */
export async function collect<T, U = T>(
  messages: AsyncIterable<T>,
  pick: (message: T) => U = (message) => message as unknown as U,
): Promise<U[]> {
  const values: U[] = [];
  for await (const message of messages) values.push(pick(message));
  return values;
}
