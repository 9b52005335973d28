import { Code, ConnectError } from "@connectrpc/connect";
import { type ErrorDetail, kitError, ServiceError, toServiceError } from "../core/errors.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../proto/generated/google/rpc/error_details_pb.ts";

/** Whose reasons the codes are, in `google.rpc.ErrorInfo`. */
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
 * What connect itself answers to a call that breaks the protocol or its own limits: its words name
 * nothing of the service.
 */
const PROTOCOL_CODES = new Set([
  Code.Canceled,
  Code.DeadlineExceeded,
  Code.InvalidArgument,
  Code.ResourceExhausted,
  Code.Unimplemented,
]);

/**
 * The gRPC error that tells a caller of `error`: the kit's or the service's own code as the reason
 * of an `ErrorInfo`, faults of single fields as a `BadRequest`, the correlation id in the trailers.
 * Whatever was not meant for the caller becomes `internal`, with nothing of its text.
 */
export function toConnectError(error: unknown, correlationId: string): ConnectError {
  const metadata = { "x-correlation-id": correlationId };
  if (error instanceof ConnectError && PROTOCOL_CODES.has(error.code))
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
 * The other way, for the caller of a service: a service of the kit says its own code again. Of any
 * other server only the gRPC code is taken, since its text may be for nobody's eyes.
 *
 * @param service its name, for the message
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
      return kitError("not_found", `${service} has not what was asked for.`, { cause: error });
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
    case Code.Aborted:
      return kitError("conflict", `${service} refused the request in its present state.`, { cause: error });
    case Code.DeadlineExceeded:
      return kitError("timeout", `${service} did not answer in time; try again.`, { cause: error });
    case Code.Canceled:
    case Code.ResourceExhausted:
    case Code.Unavailable:
      return kitError("unavailable", `${service} cannot be reached; try again.`, { cause: error });
    default:
      // Also a refusal of this service's own credentials: none of it is the caller's fault.
      return kitError("internal", `${service} failed; the failure is in the log under this correlation id.`, {
        cause: error,
      });
  }
}

function toErrorDetail({ field, description }: { field: string; description: string }): ErrorDetail {
  return { path: field, message: description };
}
