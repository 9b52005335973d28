import { Code, createContextKey, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import type { FastifyBaseLogger } from "fastify";
import { kitError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { RequestLogger } from "../core/request-logger.ts";
import { parseTenantId, type TenantDirectory } from "../core/tenant.ts";
import type { Span } from "../telemetry/span.ts";
import { toConnectError } from "./errors.ts";

export interface GrpcCallInfo {
  /** Such as `plinth.echo.v1.EchoService`. */
  service: string;
  /** Such as `Say`. */
  method: string;
  correlationId: string;
  span: Span;
  logger: Logger;
}

/** What a handler knows of the call that it answers; see {@link getGrpcCall}. */
export class GrpcCall {
  readonly service: string;
  readonly method: string;
  readonly correlationId: string;
  readonly span: Span;
  /** Lines of it carry the call's ids. */
  readonly log: FastifyBaseLogger;
  /** 0 where the server has no tenants, and on the standards' own services. */
  tenantId = 0;
  /** gRPC's name of how it ended, such as `NotFound`. */
  statusCode: string | undefined;
  /** What it failed with, before that was made fit for the caller. */
  error: unknown;

  constructor({ service, method, correlationId, span, logger }: GrpcCallInfo) {
    this.service = service;
    this.method = method;
    this.correlationId = correlationId;
    this.span = span;
    this.log = new RequestLogger(logger, () => this.logFields());
  }

  logFields(): Record<string, unknown> {
    return { correlation_id: this.correlationId, trace_id: this.span.context.traceId };
  }

  fail(error: unknown) {
    const told = toConnectError(error, this.correlationId);
    this.error = error;
    this.statusCode = Code[told.code];
    return told;
  }
}

export const grpcCallKey = createContextKey<GrpcCall | undefined>(undefined);

/** The call that a handler was given `context` for: its tenant, its ids and a logger. */
export function getGrpcCall(context: Pick<HandlerContext, "values">): GrpcCall {
  const call = context.values.get(grpcCallKey);
  if (!call) throw new Error("This handler is not served by createGrpcServer, which would have told it of its call");
  return call;
}

export interface CallInterceptorSettings {
  /** Absent: calls have no tenant. */
  tenants: TenantDirectory | undefined;
  /** Of calls that name none. */
  defaultTenant: number | undefined;
  /** Aborted when the server stops and streams have had their time. */
  stopSignal: AbortSignal;
}

/**
 * Around each handler: the tenant before it, its deadline and its end even if the handler does not
 * look at its signal, and no error that was not meant for the caller. What connect refuses by
 * itself (a message beyond the limit, say) never comes here.
 */
export function createCallInterceptor({ tenants, defaultTenant, stopSignal }: CallInterceptorSettings): Interceptor {
  return (next) => async (request) => {
    const call = getGrpcCall({ values: request.contextValues });
    // What takes one answer is waited for; a stream may have no end of its own.
    const signal = request.stream ? AbortSignal.any([request.signal, stopSignal]) : request.signal;
    try {
      await resolveTenant(call, request.header.get("x-tenant-id") ?? undefined, { tenants, defaultTenant });
      const response = await rejectOnAbort(next({ ...request, signal }), signal);
      response.header.set("x-correlation-id", call.correlationId);
      if (response.stream) return { ...response, message: guardStream(response.message, call, signal) };
      call.statusCode = "OK";
      return response;
    } catch (error) {
      throw call.fail(error);
    }
  };
}

/** @throws what is wrong with the tenant that a call names */
export async function resolveTenant(
  call: GrpcCall,
  given: string | string[] | undefined,
  { tenants, defaultTenant }: Omit<CallInterceptorSettings, "stopSignal">,
): Promise<void> {
  if (!tenants || isStandardService(call.service)) return;
  const tenantId = parseTenantId({ "x-tenant-id": given }, defaultTenant);
  if (!(await tenants.knows(tenantId))) throw kitError("tenant_unknown", `There is no tenant ${tenantId}.`);
  call.tenantId = tenantId;
}

/** Health and reflection: asked by probes and tools, which know no tenant. */
export function isStandardService(service: string): boolean {
  return service.startsWith("grpc.");
}

async function* guardStream<T>(messages: AsyncIterable<T>, call: GrpcCall, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await rejectOnAbort(iterator.next(), signal);
      if (done) break;
      yield value;
    }
    call.statusCode = "OK";
  } catch (error) {
    throw call.fail(error);
  } finally {
    // Not waited for: a handler that waits for something else than its signal would hold the call
    // up.
    iterator.return?.().catch(() => undefined);
  }
}

/** What `work` gives, or the signal's reason as soon as it is aborted. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
