import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip as gunzipCallback, type InputType } from "node:zlib";
import { HttpError } from "./http-error.ts";

const gunzip: (input: InputType, options: { maxOutputLength: number }) => Promise<Buffer> = promisify(gunzipCallback);

/**
 * The whole body, unpacked.
 *
 * @throws HttpError 413 if it is longer than `limit`, packed or not; 415 for another packing; 400
 * if it cannot be unpacked
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new HttpError(413, `The body is larger than ${limit} bytes: send less at once`);
  if (Number(request.headers["content-length"]) > limit) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > limit) throw tooLarge();
    parts.push(part);
  }
  const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity" || encoding === "snappy") return body;
  if (encoding !== "gzip") throw new HttpError(415, `The content encoding '${encoding}' is unknown: use gzip or none`);
  try {
    return await gunzip(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new HttpError(400, "The body is no gzip, although its content encoding says so");
  }
}
