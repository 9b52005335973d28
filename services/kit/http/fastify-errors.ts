import type { IncomingMessage } from "node:http";
import { errorCodes, type FastifySchemaValidationError } from "fastify";
import { isInstance } from "../core/caught-value.ts";
import { type ErrorDetail, kitError, ServiceError, toServiceError } from "../core/errors.ts";

/**
 * The error to answer a request with. Only errors of the kit, and those by which fastify itself
 * refuses a request, choose a status: the `statusCode` of any other, such as the 404 of a server
 * that a handler asked, says nothing about this request.
 *
 * @param request whose own failure, such as a client that left, is not the service's
 */
export function toHttpError(error: unknown, request?: IncomingMessage): ServiceError {
  if (isInstance(error, ServiceError)) return error;
  if (isInstance(error, errorCodes.FST_ERR_CTP_BODY_TOO_LARGE))
    return kitError("payload_too_large", "The body is larger than this service accepts.");
  if (isInstance(error, errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE))
    return kitError("unsupported_media_type", "Send the body as application/json.");
  if (isInstance(error, errorCodes.FST_ERR_BAD_URL)) return kitError("invalid_request", "The path is not well-formed.");
  if (isInstance(error, errorCodes.FST_ERR_MAX_PARAM_LENGTH))
    return kitError("not_found", "There is nothing with so long a name.");
  if (
    isInstance(error, errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH) ||
    (request !== undefined && error != null && request.errored === error)
  )
    return kitError("invalid_request", "The body did not arrive whole.", { cause: error });
  return toServiceError(error);
}

/** fastify's `schemaErrorFormatter`: names each part of the request that is at fault. */
export function toValidationError(faults: readonly FastifySchemaValidationError[], context: string): ServiceError {
  const details = faults.map((fault) => toErrorDetail(context, fault));
  const sentences = details.map(({ path, message }) => `${path} ${message}`).join("; ");
  return kitError("invalid_request", `The request is not valid: ${sentences}.`, { details });
}

function toErrorDetail(context: string, { instancePath, message, params }: FastifySchemaValidationError): ErrorDetail {
  const unknown = params.additionalProperty;
  const path = `${context}${instancePath}${typeof unknown === "string" ? `/${unknown}` : ""}`;
  return { path, message: typeof unknown === "string" ? "is not a known field" : (message ?? "is not valid") };
}
