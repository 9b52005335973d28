import { text } from "node:stream/consumers";
import { readText } from "../core/caught-value.ts";
import { httpModuleFor } from "../core/node-http.ts";

/** Answer to a request; `away` if there was none, `refused` if nothing listens there. */
export type PostResult = { status: number; answer: string } | "away" | "refused";

/** Sends bodies to one receiver over few connections that stay open. */
export interface Poster {
  /** Never rejects. */
  post(body: string | Buffer, headers: Record<string, string>): Promise<PostResult>;
  close(): void;
}

export interface PosterSettings {
  url: string;
  timeoutMs: number;
  maxSockets: number;
}

/** Errors of a receiver that is not there: another attempt within the same second is useless. */
const NOT_THERE = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"]);

export function createPoster({ url, timeoutMs, maxSockets }: PosterSettings): Poster {
  const { request, Agent } = httpModuleFor(url);
  const agent = new Agent({ keepAlive: true, maxSockets });

  function send(body: Buffer, headers: Record<string, string>): Promise<PostResult> {
    return new Promise((resolve, reject) => {
      const options = {
        method: "POST",
        agent,
        headers: { ...headers, "content-length": body.length },
        signal: AbortSignal.timeout(timeoutMs),
      };
      const sent = request(url, options, (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  return {
    async post(body, headers) {
      try {
        return await send(Buffer.from(body as string), headers);
      } catch (error) {
        return NOT_THERE.has(readText(error, "code") ?? "") ? "refused" : "away";
      }
    },
    close: () => agent.destroy(),
  };
}
