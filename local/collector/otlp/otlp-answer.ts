import type { IncomingMessage, ServerResponse } from "node:http";
import protobuf from "protobufjs/minimal.js";
import { HttpError } from "../http/http-error.ts";
import type { WriteError } from "../http/server.ts";

export const PROTOBUF = "application/x-protobuf";
export const JSON_TYPE = "application/json";

/** @throws HttpError 415 */
export function isProtobuf(request: IncomingMessage): boolean {
  const type = mediaType(request);
  if (type !== PROTOBUF && type !== JSON_TYPE) throw new HttpError(415, `Send ${PROTOBUF} or ${JSON_TYPE}`);
  return type === PROTOBUF;
}

/** Export…ServiceResponse { partial_success = 1 { rejected = 1, error_message = 2 } } */
export function writeSuccess(
  request: IncomingMessage,
  response: ServerResponse,
  rejectedName: "rejectedSpans" | "rejectedLogRecords",
  rejected: number,
  message: string,
): void {
  if (mediaType(request) === PROTOBUF) {
    const inner = protobuf.Writer.create().uint32(8).int64(rejected).uint32(18).string(message).finish();
    const body = rejected === 0 ? new Uint8Array() : protobuf.Writer.create().uint32(10).bytes(inner).finish();
    response.writeHead(200, { "content-type": PROTOBUF, "content-length": body.length }).end(body);
    return;
  }
  const partial = rejected === 0 ? {} : { partialSuccess: { [rejectedName]: String(rejected), errorMessage: message } };
  response.writeHead(200, { "content-type": JSON_TYPE }).end(JSON.stringify(partial));
}

/** google.rpc.Status { code = 1, message = 2 } in the type of the request. */
export const writeOtlpError: WriteError = (response, status, message, request) => {
  if (status === 429 || status === 503) response.setHeader("retry-after", "1");
  if (mediaType(request) === PROTOBUF) {
    const body = protobuf.Writer.create().uint32(8).int32(grpcCode(status)).uint32(18).string(message).finish();
    response.writeHead(status, { "content-type": PROTOBUF, "content-length": body.length }).end(body);
    return;
  }
  response.writeHead(status, { "content-type": JSON_TYPE }).end(JSON.stringify({ code: grpcCode(status), message }));
};

/** INVALID_ARGUMENT, UNAVAILABLE or UNKNOWN. */
function grpcCode(status: number): number {
  if (status === 429 || status === 503) return 14;
  return status < 500 ? 3 : 2;
}

function mediaType(request: IncomingMessage): string | undefined {
  return request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
}
