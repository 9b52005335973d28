import { Code, ConnectError } from "@connectrpc/connect";
import { isInstance } from "../core/caught-value.ts";
import { type ErrorDetail, kitError, ServiceError, toServiceError } from "../core/errors.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../proto/generated/google/rpc/error_details_pb.ts";

/** The domain of the kit's codes in `google.rpc.ErrorInfo`. */
const ERROR_DOMAIN = "plinth";

const CODE_BY_HTTP_STATUS: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  409: Code.FailedPrecondition,
  413: Code.ResourceExhausted,
  415: Code.InvalidArgument,
  422: Code.FailedPrecondition,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
};

/**
 * Codes of connect's own answers to calls that break the protocol or its limits. Their texts reveal
 * nothing about the service.
 */
const PROTOCOL_CODES = new Set([
  Code.Canceled,
  Code.DeadlineExceeded,
  Code.InvalidArgument,
  Code.ResourceExhausted,
  Code.Unimplemented,
]);

/**
 * Converts an error for the caller. The code of the kit or the service becomes the reason of an
 * `ErrorInfo`, faults of fields become a `BadRequest`, and the trailers have the correlation id. An
 * error that is not meant for the caller becomes `internal`, without its text.
 */
export function toConnectError(error: unknown, correlationId: string): ConnectError {
  const metadata = { "x-correlation-id": correlationId };
  if (isInstance(error, ConnectError) && PROTOCOL_CODES.has(error.code))
    return new ConnectError(error.rawMessage, error.code, metadata);
  const { code, status, message, details } = toServiceError(error);
  const info = { reason: code.toUpperCase(), domain: ERROR_DOMAIN, metadata: { http_status: String(status) } };
  const fields = details?.map(({ path, message: description }) => ({ field: path, description }));
  return new ConnectError(
    message,
    code === "timeout" ? Code.DeadlineExceeded : (CODE_BY_HTTP_STATUS[status] ?? Code.Internal),
    metadata,
    [
      { desc: ErrorInfoSchema, value: info },
      ...(fields === undefined ? [] : [{ desc: BadRequestSchema, value: { fieldViolations: fields } }]),
    ],
    error,
  );
}

/**
 * Converts the error that a called service returned. A service of the kit keeps its own code. Of
 * any other server only the gRPC code counts, as its text may be confidential.
 *
 * @param service name for the message
 */
export function fromConnectError(error: ConnectError, service: string): ServiceError {
  const [info] = error.findDetails(ErrorInfoSchema);
  const status = Number(info?.metadata.http_status);
  if (info?.domain === ERROR_DOMAIN && status >= 400 && status < 600) {
    const details = error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations.map(toErrorDetail));
    const more = details.length > 0 ? { details, cause: error } : { cause: error };
    return new ServiceError(info.reason.toLowerCase(), status, error.rawMessage, more);
  }
  switch (error.code) {
    case Code.InvalidArgument:
    case Code.OutOfRange:
      return kitError("invalid_request", `${service} refused the request as invalid.`, { cause: error });
    case Code.NotFound:
      return kitError("not_found", `${service} does not have what was asked for.`, { cause: error });
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
    case Code.Aborted:
      return kitError("conflict", `${service} refused the request in its current state.`, { cause: error });
    case Code.DeadlineExceeded:
      return kitError("timeout", `${service} did not answer in time; try again.`, { cause: error });
    case Code.Canceled:
    case Code.ResourceExhausted:
    case Code.Unavailable:
      return kitError("unavailable", `${service} cannot be reached; try again.`, { cause: error });
    default:
      // Includes a refusal of this service's own credentials: the caller is not at fault.
      return kitError("internal", `${service} failed; the failure is in the log under this correlation id.`, {
        cause: error,
      });
  }
}

function toErrorDetail({ field, description }: { field: string; description: string }): ErrorDetail {
  return { path: field, message: description };
}
