import { request } from "node:http";
import { text } from "node:stream/consumers";

/** A request as it is sent: a header may stand twice. */
export interface SentRequest {
  method: string;
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body?: string | Buffer | undefined;
}

export interface ReceivedResponse {
  status: number;
  /** Headers and body, as they came. */
  raw: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** @throws when no whole answer came within `ms` */
export function sendRequest(
  base: string,
  { method, path, headers, body }: SentRequest,
  ms = 20_000,
): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const length: [string, string][] = body === undefined ? [] : [["content-length", String(Buffer.byteLength(body))]];
    // Raw headers replace node's own: the host must be among them.
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
