import { request } from "node:http";
import { text } from "node:stream/consumers";

/** A raw request; a header may occur twice. */
export interface SentRequest {
  method: string;
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body?: string | Buffer | undefined;
}

export interface ReceivedResponse {
  status: number;
  /** Raw headers and body. */
  raw: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** @throws if the answer is not complete within `ms` */
export function sendRequest(
  base: string,
  { method, path, headers, body }: SentRequest,
  ms = 20_000,
): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const length: [string, string][] = body === undefined ? [] : [["content-length", String(Buffer.byteLength(body))]];
    // Raw headers replace Node's, so the host must be among them.
    const all = [["host", new URL(base).host] as const, ...headers, ...length].flat();
    const sent = request(`${base}${path}`, { method, headers: all, signal: AbortSignal.timeout(ms) }, (response) => {
      text(response).then((content) => {
        resolve({
          status: response.statusCode ?? 0,
          raw: `${response.rawHeaders.join("\n")}\n\n${content}`,
          headers: response.headers,
          text: content,
        });
      }, reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
