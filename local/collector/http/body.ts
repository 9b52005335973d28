import type { IncomingMessage } from "node:http";
import { createGunzip } from "node:zlib";
import { HttpError } from "./http-error.ts";

/** Bytes of bodies, packed and unpacked, that may be in memory at a time, of all requests. */
export class BodyBudget {
  private free: number;

  constructor(bytes: number) {
    this.free = bytes;
  }

  /** @throws HttpError 429 */
  take(bytes: number): void {
    if (bytes > this.free) throw new HttpError(429, "Too much is being received at once: try again in a second");
    this.free -= bytes;
  }

  give(bytes: number): void {
    this.free += bytes;
  }
}

/**
 * The whole body, unpacked.
 *
 * @throws HttpError 413 if it is longer than `limit`, packed or not; 415 for another packing; 400
 * if it cannot be unpacked; 429 if `budget` is used up
 */
export async function readBody(request: IncomingMessage, limit: number, budget?: BodyBudget): Promise<Buffer> {
  const tooLarge = () => new HttpError(413, `The body is larger than ${limit} bytes: send less at once`);
  if (Number(request.headers["content-length"]) > limit) throw tooLarge();
  // Otherwise a refusal would end the connection before the answer.
  const parts: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  const body = await collect(parts, limit, budget, tooLarge);
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "snappy") return body;
  if (encoding !== "gzip") throw new HttpError(415, `The content encoding '${encoding}' is unknown: use gzip or none`);
  try {
    // Part by part: 8 KB may unpack to 8 MB, and hundreds of them come at a time.
    return await collect(createGunzip().end(body), limit, budget, tooLarge);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "The body is no gzip, although its content encoding says so");
  }
}

async function collect(
  given: AsyncIterable<Buffer>,
  limit: number,
  budget: BodyBudget | undefined,
  tooLarge: () => HttpError,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of given) {
      if (bytes + part.length > limit) throw tooLarge();
      budget?.take(part.length);
      bytes += part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  } finally {
    budget?.give(bytes);
  }
}
