import { connect as connectTcp, type Socket } from "node:net";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  type ConnectError,
  createClient,
  type Transport,
} from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { currentTrace, formatTraceHeaders } from "../core/trace-context.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { callAttributes } from "./call-attributes.ts";
import { fromConnectError } from "./errors.ts";
import { lostConnectionAsUnavailable, retryCall } from "./retry.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";

export interface GrpcClientSettings {
  /** Such as `http://product:50051`. */
  url: string;
  /**
   * Milliseconds that a call may take with all its attempts. {@link callOptions} can change it for
   * one call.
   */
  deadlineMs: number;
  metrics: Metrics;
  /** @default {@link noopTracing} */
  tracing?: Tracing;
  /** Share it between clients of one server. @default a new one: one retry for every ten calls */
  retryBudget?: RetryBudget;
  /** Bytes of one answer. @default 4 MiB */
  maxMessageBytes?: number;
}

export interface GrpcClient<Service extends DescService> {
  /**
   * The methods of the service. They reject with a ServiceError.
   */
  calls: Client<Service>;
  /** Ends the calls under way and the connection. */
  close(): void;
}

/** The request on whose behalf a call is made. */
export interface GrpcCallContext {
  tenantId?: number;
  correlationId?: string;
  /** Ends the call when it aborts, such as the signal of the call being answered. */
  signal?: AbortSignal;
  /** Replaces the client's own. 0 is no deadline, which only streams may have. */
  deadlineMs?: number;
}

/** A server that vanished, as by a power failure, is noticed after the sum of both. */
const PING_INTERVAL_MS = 5000;
const PING_TIMEOUT_MS = 2000;
const CONNECT_TIMEOUT_MS = 1500;

/**
 * Creates a client of another service, over one HTTP/2 connection. Every call has a deadline. A
 * call that finds the server away is repeated after a random pause, while the deadline and the
 * budget last, if the contract marks its method as idempotent or the call certainly never arrived.
 *
 * @example
 * const products = createGrpcClient(ProductService, {
 *   url: env.PRODUCT_URL, deadlineMs: 500, metrics,
 * });
 * const options = callOptions({ tenantId: request.tenantId, correlationId: request.id });
 * await products.calls.getProduct({ id }, options);
 */
export function createGrpcClient<Service extends DescService>(
  service: Service,
  settings: GrpcClientSettings,
): GrpcClient<Service> {
  const manager = new Http2SessionManager(
    settings.url,
    { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS },
    settings.url.startsWith("http:") ? { createConnection: connectWithTimeout } : {},
  );
  const transport = createGrpcTransport({
    baseUrl: settings.url,
    sessionManager: manager,
    readMaxBytes: settings.maxMessageBytes ?? 4 * 1024 * 1024,
    acceptCompression: [],
  });
  return { calls: createClient(service, withCallPolicies(transport, settings)), close: () => manager.abort() };
}

/** The options of one call, which become its headers, signal and deadline. */
export function callOptions({ tenantId, correlationId, signal, deadlineMs }: GrpcCallContext): CallOptions {
  const headers: Record<string, string> = {};
  if (tenantId !== undefined) headers["x-tenant-id"] = String(tenantId);
  if (correlationId !== undefined) headers["x-correlation-id"] = correlationId;
  return {
    headers,
    ...(signal === undefined ? {} : { signal }),
    ...(deadlineMs === undefined ? {} : { timeoutMs: deadlineMs }),
  };
}

/** Adds deadlines, retries, metrics, trace and the kit's errors to a transport. */
function withCallPolicies(transport: Transport, settings: GrpcClientSettings): Transport {
  const begin = instrumentCalls(settings);
  const budget = settings.retryBudget ?? createRetryBudget();
  const retries = settings.metrics.counter(kitMetrics.grpc_client_retries_total);
  return {
    async unary(method, signal, timeoutMs = settings.deadlineMs, header, message, values) {
      if (timeoutMs <= 0) throw new Error(`${method.name} needs a deadline: only streams may have none`);
      const call = begin(method, header);
      const retried = retries.labels(method.parent.typeName, method.name, "made");
      const denied = retries.labels(method.parent.typeName, method.name, "over_budget");
      try {
        const attempt = (leftMs: number) => transport.unary(method, signal, leftMs, call.header, message, values);
        const response = await retryCall({
          method,
          signal,
          timeoutMs,
          retryBudget: budget,
          attempt,
          onRetry: () => retried.inc(),
          onBudgetExhausted: () => denied.inc(),
        });
        call.succeeded();
        return response;
      } catch (error) {
        throw call.failed(error as ConnectError);
      }
    },
    // Never repeated: messages that were sent and received cannot be taken back.
    async stream(method, signal, timeoutMs = settings.deadlineMs, header, messages, values) {
      const call = begin(method, header);
      const failed = (error: unknown) => call.failed(lostConnectionAsUnavailable(error, signal));
      try {
        const response = await transport.stream(method, signal, timeoutMs, call.header, messages, values);
        return { ...response, message: trackStream(response.message, call.succeeded, failed) };
      } catch (error) {
        throw failed(error);
      }
    },
  };
}

/**
 * Returns a function that begins a call: it returns the call's headers, and functions that record
 * its end in metrics and trace.
 */
function instrumentCalls({ metrics, tracing = noopTracing }: GrpcClientSettings) {
  const requests = metrics.counter(kitMetrics.grpc_client_requests_total);
  const duration = metrics.histogram(kitMetrics.grpc_client_request_duration_seconds);
  return (
    { parent: { typeName: service }, name: method }: DescMethod,
    given: ConstructorParameters<typeof Headers>[0],
  ) => {
    const begun = performance.now();
    const span = tracing.startSpan(`${service}/${method}`, "client", currentTrace());
    const header = new Headers(given);
    for (const [name, value] of Object.entries(formatTraceHeaders(span.context))) header.set(name, value);
    const end = (code: string, error?: unknown) => {
      requests.labels(service, method, code).inc();
      duration.labels(service, method, code).observe((performance.now() - begun) / 1000, span.context);
      if (!span.context.sampled) return;
      const attributes = callAttributes(service, method, code, error !== undefined);
      span.end(error === undefined ? { attributes } : { error, attributes });
    };
    return {
      header,
      succeeded: () => end("OK"),
      failed(error: ConnectError) {
        end(Code[error.code] ?? "Unknown", error);
        return fromConnectError(error, service);
      },
    };
  };
}

async function* trackStream<T>(
  messages: AsyncIterable<T>,
  succeeded: () => void,
  failed: (error: unknown) => Error,
): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw failed(error);
  }
  succeeded();
}

/**
 * Connects as http2 would, but gives up earlier: the system tries for minutes to reach a silent
 * host.
 */
function connectWithTimeout({ hostname, port, host }: URL): Socket {
  const socket = connectTcp({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80), noDelay: true });
  const timeoutError = Object.assign(new Error(`no connection to ${host} within ${CONNECT_TIMEOUT_MS} ms`), {
    code: "ETIMEDOUT",
    syscall: "connect",
  });
  const timer = setTimeout(() => socket.destroy(timeoutError), CONNECT_TIMEOUT_MS);
  for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(timer));
  return socket;
}
