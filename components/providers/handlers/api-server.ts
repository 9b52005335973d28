import { type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import { codeOf, isLostConnection, Refusal, reasonOf } from "./faults.ts";
import { findContext, type KubeContext, MAKE_ONE } from "./kubeconfig.ts";

/** How long one request may take. A black hole is told apart from a slow cluster by this alone. */
const TIMEOUT_MS = 8_000;

/** An answer that is neither good nor about rights; the caller knows what, say, a 404 means. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** One API server, asked with the credentials of one context. Keeps no connection open between requests. */
export class ApiServer {
  readonly context: KubeContext;

  private constructor(context: KubeContext) {
    this.context = context;
  }

  /** @param context name; undefined for the current one. Throws a {@link Refusal} about the kubeconfig. */
  static async of(context: string | undefined): Promise<ApiServer> {
    return new ApiServer(await findContext(context));
  }

  /**
   * @param path as in `/api/v1/namespaces/dev-infra/services/redis`
   * @throws ApiError for answers like 404; {@link Refusal} where trying again is hopeless; else a lost connection, as `isLostConnection` knows it
   */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    // Not resolved against the server: that would drop a path of its own, as Rancher's `https://host/k8s/clusters/c-1` has.
    const url = new URL(this.context.server + path);
    const either = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    const answer = Promise.race([aborted(either), this.context.credentials().then((options) => ask(url, { ...options, signal: either }))]);
    const { status, text } = await answer.catch((error: unknown) => {
      throw signal?.aborted ? error : this.faultOf(error);
    });
    if (status >= 300) throw this.refusedBy(status, text, `GET ${path}`);
    return JSON.parse(text);
  }

  /** What an error of the connection means: worth another try, or not. */
  faultOf(error: unknown): Error {
    if (error instanceof Refusal) return error;
    const { name, server } = this.context;
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const reason = timedOut ? `no answer within ${TIMEOUT_MS / 1000} s` : reasonOf(error);
    const code = timedOut ? "ETIMEDOUT" : codeOf(error);
    const who = `the API server of the Kubernetes context '${name}' (${server})`;
    if (!timedOut && !isLostConnection(error))
      return new Refusal(`${who} cannot be talked to: ${reason}; mend this context in the kubeconfig`);
    const message = `${who} does not answer: ${reason}; start that cluster or choose another context, or ${MAKE_ONE}`;
    return Object.assign(new Error(message, { cause: error }), { code });
  }

  /** What an answer of `status` means for the request `what`. */
  refusedBy(status: number, text: string, what: string): Error {
    const { name, server } = this.context;
    const message = messageOf(text);
    if (status === 401)
      return new Refusal(
        `the API server of the Kubernetes context '${name}' (${server}) refuses its credentials (401): log in again, or choose another context`,
      );
    if (status === 403)
      return new Refusal(
        `the user of the Kubernetes context '${name}' may not do this (403): ${message || what}; ask for a role that allows it, or choose another context`,
      );
    if (status === 429 || status >= 500) {
      const busy = `the API server of the Kubernetes context '${name}' (${server}) answers ${status} to ${what}: ${message}`;
      return Object.assign(new Error(busy), { code: "ECONNRESET" });
    }
    return new ApiError(status, message || `HTTP ${status}`);
  }
}

async function ask(url: URL, options: Parameters<typeof secureRequest>[1] & object): Promise<{ status: number; text: string }> {
  const send = url.protocol === "https:" ? secureRequest : request;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, { ...options, headers: { ...options.headers, accept: "application/json" } }, resolve)
      .on("error", reject)
      .end();
  });
  return { status: response.statusCode ?? 0, text: await textOf(response) };
}

export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A `Status` object has one; a proxy in between answers whatever it likes. */
function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    return text.slice(0, 200).split("\n")[0]!.trim();
  }
}

/** For what knows no signal, as a credentials plugin that waits for a log-in. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
