import type { Agent, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

export interface HttpRequest {
  /** @default "GET" */
  method?: string;
  url: URL;
  headers: OutgoingHttpHeaders;
  body?: string | undefined;
  /** Keeps or forwards connections, and has the TLS settings. */
  agent: Agent;
  /** Milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** The server did not answer within the request's time. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  /** `isLostConnection` knows it. */
  readonly code = "ETIMEDOUT";
}

/** No answer of a registry or an API server that is read whole is nearly as large. */
const MAX_BYTES = 64 << 20;

/**
 * Sends a request and reads the whole answer, of whatever status, within the request's time. Throws
 * a {@link TimeoutError}, the signal's reason or the connection's own error.
 */
export async function requestText(request: HttpRequest): Promise<{ status: number; text: string }> {
  return withinTime(request, async (signal) => {
    const { status, body } = await send(request, signal, MAX_BYTES);
    return { status, text: await text(body) };
  });
}

/** As {@link requestText}, but returns the body as it arrives. The time is for the first byte only. */
export async function requestStream(request: HttpRequest): Promise<{ status: number; body: Readable }> {
  return withinTime(request, (signal) => send(request, signal, -1));
}

async function withinTime<T>(
  { timeoutMs, signal, method = "GET", url }: HttpRequest,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await work(signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (late.signal.aborted) throw new TimeoutError(`no answer to ${method} ${url.pathname}`);
    throw toConnectionError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Without proxy and redirects: credentials go to the named server and nowhere else. */
async function send(
  { method = "GET", url, headers, body, agent }: HttpRequest,
  signal: AbortSignal,
  maxBytes: number,
): Promise<{ status: number; body: Readable }> {
  // Imported here, because loading it costs stacks whose providers need no HTTP some milliseconds.
  const { default: axios } = await import("axios");
  const { status, data } = await axios.request<Readable>({
    method,
    url: url.href,
    headers: { "accept-encoding": "identity", ...headers } as Record<string, string>,
    data: body,
    httpAgent: agent,
    httpsAgent: agent,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: maxBytes,
    responseType: "stream",
    transformRequest: (data) => data,
    validateStatus: () => true,
    signal,
  });
  return { status, body: data };
}

/**
 * Takes the socket's error out of axios', which also holds the request with its credentials and
 * gives a broken body another code than a broken connection.
 */
function toConnectionError(error: unknown): unknown {
  if (!(error instanceof Error) || !("isAxiosError" in error)) return error;
  return error.cause ?? new Error(error.message);
}
