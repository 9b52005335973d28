import type { Agent, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { AxiosAdapter, AxiosRequestConfig, AxiosResponse } from "axios";
import { TimeoutError } from "./errors.ts";

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

/** No answer of a registry or an API server that is read whole is nearly as large. */
const MAX_BYTES = 64 << 20;

/**
 * Sends a request and reads the whole answer, of whatever status, within the request's time. Throws
 * a {@link TimeoutError}, the signal's reason or the connection's own error.
 */
export async function requestText(request: HttpRequest): Promise<{ status: number; text: string }> {
  // Not as a stream: that takes twice the CPU for small answers.
  const { status, data } = await send<string>(request, { responseType: "text", maxContentLength: MAX_BYTES });
  return { status, text: data };
}

/**
 * As {@link requestText}, but returns the body as it arrives. The time is for the first byte only.
 */
export async function requestStream(request: HttpRequest): Promise<{ status: number; body: Readable }> {
  const { status, data } = await send<Readable>(request, { responseType: "stream" });
  return { status, body: data };
}

interface HttpLibrary {
  adapter: AxiosAdapter;
  AxiosHeaders: typeof import("axios").AxiosHeaders;
}

let library: Promise<HttpLibrary> | undefined;

/**
 * Loads axios for the first request, because it would cost stacks without one some milliseconds.
 * Requests call its adapter: merging defaults and interceptors around it takes half as much CPU
 * again, and there are none.
 */
function loadLibrary(): Promise<HttpLibrary> {
  library ??= import("axios").then(({ default: axios, AxiosHeaders }) => ({
    adapter: axios.getAdapter("http"),
    AxiosHeaders,
  }));
  return library;
}

/** Without proxy and redirects: credentials go to the named server and nowhere else. */
async function send<Body>(request: HttpRequest, options: AxiosRequestConfig): Promise<AxiosResponse<Body>> {
  const { method = "GET", url, headers, body, agent, timeoutMs, signal } = request;
  const { adapter, AxiosHeaders } = await loadLibrary();
  signal?.throwIfAborted();
  const aborter = new AbortController();
  const abort = () => aborter.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, timeoutMs);
  // Stays for the body of a stream. By hand, because `AbortSignal.any` costs as much as the
  // request.
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await adapter({
      ...options,
      method,
      url: url.href,
      headers: new AxiosHeaders({ "accept-encoding": "identity", ...headers } as Record<string, string>),
      data: body,
      httpAgent: agent,
      httpsAgent: agent,
      proxy: false,
      maxRedirects: 0,
      validateStatus: () => true,
      signal: aborter.signal,
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw isLate ? new TimeoutError(`no answer to ${method} ${url.pathname}`) : toConnectionError(error);
  } finally {
    clearTimeout(timer);
    if (options.responseType !== "stream") signal?.removeEventListener("abort", abort);
  }
}

/**
 * Takes the socket's error out of axios', which also holds the request with its credentials. Gives
 * a body that breaks off the code of a broken connection, which axios does not.
 */
function toConnectionError(error: unknown): unknown {
  if (!(error instanceof Error) || !("isAxiosError" in error)) return error;
  if (error.message === "stream has been aborted")
    return Object.assign(new Error("the answer broke off"), { code: "ECONNRESET" });
  return error.cause ?? new Error(error.message);
}
