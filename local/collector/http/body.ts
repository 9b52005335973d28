import type { IncomingMessage } from "node:http";
import { createGunzip } from "node:zlib";
import { HttpError } from "./http-error.ts";

/** In each window a body must bring this much, or its end: all clients are on this machine. */
const WINDOW = { ms: 5000, bytes: 256 << 10 };

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
 * if it cannot be unpacked; 429 if `budget` is used up; 408 if it arrives too slowly, because its
 * beginning holds room that others need
 */
export async function readBody(request: IncomingMessage, limit: number, budget?: BodyBudget): Promise<Buffer> {
  const tooLarge = () => new HttpError(413, `The body is larger than ${limit} bytes: send less at once`);
  if (Number(request.headers["content-length"]) > limit) throw tooLarge();
  // Otherwise a refusal would end the connection before the answer.
  const parts: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  const body = await collect(steady(parts), limit, budget, tooLarge);
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

/** @throws HttpError 408 if a window brings too little */
async function* steady(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = parts[Symbol.asyncIterator]();
  let window = { end: Date.now() + WINDOW.ms, bytes: 0 };
  for (;;) {
    const late = Promise.withResolvers<never>();
    const tooSlow = () => late.reject(new HttpError(408, "The body arrives too slowly: send it again"));
    const timer = setTimeout(tooSlow, Math.max(0, window.end - Date.now()));
    try {
      const { done, value } = await Promise.race([iterator.next(), late.promise]);
      if (done) return;
      window.bytes += value.length;
      if (window.bytes >= WINDOW.bytes) window = { end: Date.now() + WINDOW.ms, bytes: 0 };
      yield value;
    } finally {
      clearTimeout(timer);
    }
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
