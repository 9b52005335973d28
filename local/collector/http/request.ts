import { Agent, type IncomingMessage, request as sendHttp } from "node:http";
import { request as sendHttps } from "node:https";
import { text } from "node:stream/consumers";

export interface RequestOptions {
  method?: "GET" | "POST";
  headers?: Record<string, string | number>;
  body?: Uint8Array | string;
  /** Milliseconds until the answer begins, and between two of its parts. @default 10000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Idle connections are kept: a new one for each batch would double its cost. */
const agent = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 8 });

/** Resolves once the answer's headers are there. Only node:http, as `fetch` costs 6 MB resident. */
export async function request(url: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  try {
    return await send(url, options);
  } catch (error) {
    // The server closed an idle connection while it was taken for this request.
    if (!(error instanceof StaleConnection)) throw error;
    return send(url, options);
  }
}

class StaleConnection extends Error {}

function send(url: string, options: RequestOptions): Promise<IncomingMessage> {
  const { method = "GET", headers, body, timeoutMs = 10_000, signal } = options;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const given = { method, headers: { ...headers, ...length }, ...(signal ? { signal } : {}) };
    const sent = url.startsWith("https:")
      ? sendHttps(url, given, resolve)
      : sendHttp(url, { ...given, agent }, resolve);
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.once("error", (error: NodeJS.ErrnoException) =>
      reject(sent.reusedSocket && error.code === "ECONNRESET" ? new StaleConnection(error.message) : error),
    );
    sent.end(body);
  });
}

/** The whole answer as text. */
export async function requestText(
  url: string,
  options: RequestOptions = {},
): Promise<{ status: number; body: string; headers: IncomingMessage["headers"] }> {
  const answer = await request(url, options);
  return { status: answer.statusCode ?? 0, body: await text(answer), headers: answer.headers };
}
