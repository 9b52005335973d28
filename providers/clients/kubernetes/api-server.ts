import { type IncomingMessage, request } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { UserError } from "@plinth/local/user-error.ts";
import { errorCode, errorReason, isLostConnection } from "../errors.ts";
import { CREATE_CLUSTER_HINT, type KubeContext, loadContext } from "./kubeconfig.ts";

/**
 * How long one request may take, its credentials included. A black hole is told apart from a slow
 * cluster by this alone.
 */
export const REQUEST_TIMEOUT_MS = 8_000;

/** An answer that is neither good nor about rights; the caller knows what, say, a 404 means. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * One API server, asked with the credentials of one context. Keeps no connection open between
 * requests.
 */
export class ApiServer {
  readonly timeoutMs: number;
  readonly #context: KubeContext;

  private constructor(context: KubeContext, timeoutMs: number) {
    this.#context = context;
    this.timeoutMs = timeoutMs;
  }

  /**
   * @param context name; undefined for the current one. Throws a {@link UserError} about the
   * kubeconfig.
   */
  static async forContext(context: string | undefined, timeoutMs = REQUEST_TIMEOUT_MS): Promise<ApiServer> {
    return new ApiServer(await loadContext(context), timeoutMs);
  }

  /** Of the context. */
  get contextName(): string {
    return this.#context.name;
  }

  /** `https://host:port`, and a path where it has one. */
  get server(): string {
    return this.#context.server;
  }

  /**
   * As `https.request` takes them. A plugin that waits for a person is given up before the API
   * server would be, so that it is told apart.
   */
  credentials(): Promise<RequestOptions> {
    return this.#context.credentials(this.timeoutMs - 500);
  }

  /**
   * @param path as in `/api/v1/namespaces/dev-infra/services/redis`
   * @throws ApiError for answers like 404; {@link UserError} where trying again is hopeless; else a
   * lost connection, as `isLostConnection` knows it
   */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    const deadline = AbortSignal.timeout(this.timeoutMs);
    // Not resolved against the server: that would drop a path of its own, as Rancher's
    // `https://host/k8s/clusters/c-1` has.
    const url = new URL(this.server + path);
    const either = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    const answer = this.credentials().then((options) => requestText(url, { ...options, signal: either }));
    const { status, text } = await answer.catch((error: unknown) => {
      throw signal?.aborted ? error : this.connectionError(error);
    });
    if (status >= 300) throw this.responseError(status, text, `GET ${path}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new ApiError(status, `it answers ${JSON.stringify(text.slice(0, 40))} to GET ${path}`);
    }
  }

  /**
   * As {@link get}, for an answer of text that may go on for ever: its body as it comes. The
   * deadline is that of the first byte.
   *
   * @param path as in `/api/v1/namespaces/dev-infra/pods/wallet-0/log?follow=true`
   */
  async stream(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const late = new AbortController();
    const deadline = setTimeout(
      () => late.abort(new DOMException(`no answer to GET ${path}`, "TimeoutError")),
      this.timeoutMs,
    );
    try {
      const options = { ...(await this.credentials()), signal: AbortSignal.any([late.signal, signal]) };
      const response = await sendRequest(new URL(this.server + path), options);
      const status = response.statusCode ?? 0;
      if (status >= 300) throw this.responseError(status, await readText(response), `GET ${path}`);
      return response;
    } catch (error) {
      throw error instanceof ApiError || signal.aborted ? error : this.connectionError(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** What an error of the connection means: worth another try, or not. */
  connectionError(error: unknown): Error {
    if (error instanceof UserError) return error;
    const { contextName, server } = this;
    const timedOut = isTimeout(error);
    const reason = timedOut ? `no answer within ${this.timeoutMs / 1000} s` : errorReason(error);
    const code = timedOut ? "ETIMEDOUT" : errorCode(error);
    const who = `the API server of the Kubernetes context '${contextName}' (${server})`;
    if (!timedOut && !isLostConnection(error))
      return new UserError(`${who} cannot be talked to: ${reason}; mend this context in the kubeconfig`);
    const message = `${who} does not answer: ${reason}; start that cluster or choose another context, or ${CREATE_CLUSTER_HINT}`;
    return Object.assign(new Error(message, { cause: error }), { code });
  }

  /** What an answer of `status` means for the request `what`. */
  responseError(status: number, text: string, what: string): Error {
    const { contextName, server } = this;
    const message = parseStatusMessage(text);
    if (status === 401)
      return new UserError(
        `the API server of the Kubernetes context '${contextName}' (${server}) refuses its credentials (401): log in again, or choose another context`,
      );
    if (status === 403)
      return new UserError(
        `the user of the Kubernetes context '${contextName}' may not do this (403): ${message || what}; ask for a role that allows it, or choose another context`,
      );
    if (status === 429 || status >= 500) {
      const busy = `the API server of the Kubernetes context '${contextName}' (${server}) answers ${status} to ${what}: ${message}`;
      return Object.assign(new Error(busy), { code: "ECONNRESET" });
    }
    return new ApiError(status, message || `HTTP ${status}`);
  }
}

async function requestText(url: URL, options: RequestOptions): Promise<{ status: number; text: string }> {
  const response = await sendRequest(url, { ...options, headers: { ...options.headers, accept: "application/json" } });
  return { status: response.statusCode ?? 0, text: await readText(response) };
}

function sendRequest(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const sendOne = url.protocol === "https:" ? secureRequest : request;
  return new Promise((resolve, reject) => {
    sendOne(url, options, resolve).on("error", reject).end();
  });
}

export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A `Status` object has one; a proxy in between answers whatever it likes. */
function parseStatusMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    return text.slice(0, 200).split("\n")[0]!.trim();
  }
}

/**
 * An AbortSignal's own error, that of a request it ended, or the one that ws has for a handshake.
 */
function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "TimeoutError" || error.message === "Opening handshake has timed out" || isTimeout(error.cause);
}
