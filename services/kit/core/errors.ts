import { isInstance } from "./caught-value.ts";

/**
 * Error codes that every service has, with their HTTP status. A service adds its own through
 * {@link defineErrors}; the set is closed.
 */
export const kitCodes = {
  invalid_request: 400,
  tenant_required: 400,
  tenant_invalid: 400,
  tenant_unknown: 400,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  expectation_failed: 417,
  misdirected_request: 421,
  idempotency_key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
  timeout: 503,
} as const;

/** The answer to every failed request. */
export interface ErrorEnvelope {
  error: {
    code: string;
    /** One sentence for the person who made the request. */
    message: string;
    /** The parts of the request that are at fault. */
    details?: readonly ErrorDetail[];
    correlation_id: string;
  };
}

export interface ErrorDetail {
  /** Such as `body/amount_cents`. */
  path: string;
  message: string;
}

/**
 * An error that is meant for the caller. Its message and code leave the service unchanged; its
 * cause stays inside.
 */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: readonly ErrorDetail[] | undefined;
  /** True if it repeats the answer to an earlier request with the same Idempotency-Key. */
  readonly replayed: boolean;

  constructor(
    code: string,
    status: number,
    message: string,
    more: { details?: readonly ErrorDetail[]; cause?: unknown; replayed?: boolean } = {},
  ) {
    super(message, "cause" in more ? { cause: more.cause } : undefined);
    this.name = "ServiceError";
    this.code = code;
    this.status = status;
    this.details = more.details;
    this.replayed = more.replayed ?? false;
  }
}

/**
 * Returns a function that creates errors with the kit's codes and those in `own`.
 *
 * @param own HTTP status of each code
 */
export function defineErrors<const Own extends Record<string, number>>(own: Own) {
  const statuses: Record<string, number> = { ...kitCodes, ...own };
  return (
    code: keyof typeof kitCodes | (keyof Own & string),
    message: string,
    more: { details?: readonly ErrorDetail[]; cause?: unknown } = {},
  ) => new ServiceError(code, statuses[code] ?? 500, message, more);
}

/** Creates an error with one of the kit's codes. */
export const kitError = defineErrors({});

/** @param id the request's correlation id */
export function toErrorEnvelope({ code, message, details }: ServiceError, id: string): ErrorEnvelope {
  return { error: { code, message, ...(details === undefined ? {} : { details }), correlation_id: id } };
}

/**
 * The error to answer with. An error that is not meant for the caller becomes `internal`, and none
 * of its text leaves the service.
 */
export function toServiceError(error: unknown): ServiceError {
  if (isInstance(error, ServiceError)) return error;
  return kitError("internal", "The service failed; the failure is in its log under this correlation id.", {
    cause: error,
  });
}
