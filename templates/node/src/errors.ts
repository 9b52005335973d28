const STATUS = {
  invalid_request: 400,
  tenant_required: 400,
  tenant_invalid: 400,
  not_found: 404,
  request_timeout: 408,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected_request: 421,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
} as const;

/** An error whose code and message are meant for the caller. */
export class ServiceError extends Error {
  readonly code: keyof typeof STATUS;
  readonly status: number;

  constructor(code: keyof typeof STATUS, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.status = STATUS[code];
  }
}

/** The answer to a request that Node could not read, by its error's code. */
export function unreadable(code: string): ServiceError {
  if (code === "HPE_HEADER_OVERFLOW")
    return new ServiceError("headers_too_large", "The request's headers are larger than this service accepts.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new ServiceError("request_timeout", "The request did not arrive in time.");
  return new ServiceError("invalid_request", "The request could not be read: it is not well-formed HTTP.");
}

/** The error to answer with. Whatever was not meant for the caller becomes `internal`, with nothing of its text. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  // Anything may have been thrown.
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  // Only what reads the request has these codes: an error of a client of this service may have any status.
  if (code === "FST_ERR_VALIDATION")
    return new ServiceError("invalid_request", `The request is not valid: ${message}.`);
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new ServiceError("payload_too_large", "The body is larger than this service accepts.");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return new ServiceError("unsupported_media_type", "Send the body as application/json.");
  if (code === "FST_ERR_BAD_URL")
    return new ServiceError("invalid_request", "The request could not be read: its path must be well-formed.", error);
  if (typeof code === "string" && code.startsWith("FST_ERR_CTP_"))
    return new ServiceError(
      "invalid_request",
      "The request could not be read: its body must be well-formed JSON.",
      error,
    );
  return new ServiceError(
    "internal",
    "The service failed; the failure is in its log under this correlation id.",
    error,
  );
}
