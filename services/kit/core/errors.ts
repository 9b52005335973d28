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
  request_timeout: 408,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
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

/** The error that fastify throws for a request it refuses. */
interface FastifyFailure {
  code?: string;
  statusCode?: number;
  validation?: readonly { instancePath: string; message?: string; params?: Record<string, unknown> }[];
  validationContext?: string;
}

/**
 * The error to answer with. An error that is not meant for the caller becomes `internal`, and none
 * of its text leaves the service.
 */
export function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const { code, statusCode, validation, validationContext } = (
    typeof error === "object" && error !== null ? error : {}
  ) as FastifyFailure;
  if (validation) {
    const details = validation.map((fault) => toErrorDetail(validationContext ?? "request", fault));
    return kitError(
      "invalid_request",
      `The request is not valid: ${details.map(({ path, message }) => `${path} ${message}`).join("; ")}.`,
      { details },
    );
  }
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return kitError("payload_too_large", "The body is larger than this service accepts.");
  if (code === "FST_ERR_BAD_URL") return kitError("invalid_request", "The path is not well-formed.");
  if (code === "FST_ERR_MAX_PARAM_LENGTH") return kitError("not_found", "There is nothing with so long a name.");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return kitError("unsupported_media_type", "Send the body as application/json.");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return kitError("invalid_request", "The request could not be read: its body must be well-formed JSON.", {
      cause: error,
    });
  }
  return kitError("internal", "The service failed; the failure is in its log under this correlation id.", {
    cause: error,
  });
}

function toErrorDetail(
  context: string,
  fault: { instancePath: string; message?: string; params?: Record<string, unknown> },
): ErrorDetail {
  const unknown = fault.params?.additionalProperty;
  const path = `${context}${fault.instancePath}${typeof unknown === "string" ? `/${unknown}` : ""}`;
  return { path, message: typeof unknown === "string" ? "is not a known field" : (fault.message ?? "is not valid") };
}
