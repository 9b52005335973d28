import { Code, createContextKey, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import type { FastifyBaseLogger } from "fastify";
import { toError } from "../core/caught-value.ts";
import { kitError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { RequestLogger } from "../core/request-logger.ts";
import { parseTenantId, type TenantDirectory } from "../core/tenant.ts";
import { enterTenant } from "../core/trace-context.ts";
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
  /** Of the caller. */
  address: string | undefined;
}

/** The call that a handler answers; see {@link getGrpcCall}. */
export class GrpcCall {
  readonly service: string;
  readonly method: string;
  readonly correlationId: string;
  readonly span: Span;
  readonly address: string | undefined;
  /** Its lines carry the call's ids. */
  readonly log: FastifyBaseLogger;
  /** 0 if the server has no tenants, and for health and reflection. */
  tenantId = 0;
  /** gRPC's name of the outcome, such as `NotFound`; undefined until the call has ended. */
  statusCode: string | undefined;
  /** The error of a failed call, which the caller does not see. */
  error: unknown;

  constructor({ service, method, correlationId, span, logger, address }: GrpcCallInfo) {
    this.service = service;
    this.method = method;
    this.correlationId = correlationId;
    this.span = span;
    this.address = address;
    this.log = new RequestLogger(logger, () => this.logFields());
  }

  logFields(): Record<string, unknown> {
    const { traceId, spanId } = this.span.context;
    const tenant = this.tenantId > 0 ? { tenant_id: this.tenantId } : {};
    return { correlation_id: this.correlationId, trace_id: traceId, span_id: spanId, ...tenant };
  }

  fail(error: unknown) {
    const callerError = toConnectError(error, this.correlationId);
    this.error = toError(error);
    this.statusCode = Code[callerError.code];
    return callerError;
  }
}

export const grpcCallKey = createContextKey<GrpcCall | undefined>(undefined);

/** The call of a handler's `context`, with its tenant, ids and logger. */
export function getGrpcCall(context: Pick<HandlerContext, "values">): GrpcCall {
  const call = context.values.get(grpcCallKey);
  if (!call) throw new Error("This handler has no call: serve it with createGrpcServer");
  return call;
}

export interface CallTenants {
  /** Undefined if calls have no tenant. */
  tenants: TenantDirectory | undefined;
  /** Tenant of calls that name none. */
  defaultTenant: number | undefined;
}

/**
 * Wraps each handler: ends the call at its deadline even if the handler
 * ignores its signal, and hides errors that are not meant for the caller. Calls that connect itself
 * refuses, such as a message beyond the limit, never reach it.
 */
export function createCallInterceptor(stopSignal: AbortSignal): Interceptor {
  return (next) => async (request) => {
    const call = getGrpcCall({ values: request.contextValues });
    // The server waits for unary calls when it stops; a stream may never end by itself.
    const signal = request.stream ? AbortSignal.any([request.signal, stopSignal]) : request.signal;
    try {
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

/** Connect's `requestGate`: checks the tenant of a call before anything of its body is read. */
export function createTenantGate(tenants: CallTenants): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    const call = getGrpcCall(context);
    try {
      await resolveTenant(call, context.requestHeader.get("x-tenant-id") ?? undefined, tenants);
    } catch (error) {
      throw call.fail(error);
    }
  };
}

/** Sets the call's tenant. @throws `tenant_required`, `tenant_invalid` or `tenant_unknown` */
export async function resolveTenant(
  call: GrpcCall,
  given: string | string[] | undefined,
  { tenants, defaultTenant }: CallTenants,
): Promise<void> {
  if (!tenants || isStandardService(call.service)) return;
  const tenantId = parseTenantId({ "x-tenant-id": given }, defaultTenant);
  if (!(await tenants.knows(tenantId, call.address)))
    throw kitError("tenant_unknown", `There is no tenant ${tenantId}.`);
  call.tenantId = tenantId;
  enterTenant(tenantId);
}

/** Whether it is health or reflection, whose callers, probes and tools, know no tenant. */
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
    // Not awaited: a handler that ignores its signal would delay the call.
    iterator.return?.().catch(() => undefined);
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
