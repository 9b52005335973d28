import type { Agent, OutgoingHttpHeaders } from "node:http";
import type { RequestOptions } from "node:https";
import type { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { UserError } from "@plinth/local/user-error.ts";
import { errorCode, errorReason, isLostConnection, TimeoutError } from "../errors.ts";
import { type HttpRequest, requestStream, requestText } from "../http.ts";
import { CREATE_CLUSTER_HINT, type KubeContext, loadContext } from "./kubeconfig.ts";

/**
 * Milliseconds that one request may take, its credentials included: the only difference between a
 * slow cluster and an address where nothing answers.
 */
export const REQUEST_TIMEOUT_MS = 8_000;

/** Message of `ws`, which has no code for it. */
const HANDSHAKE_TIMEOUT = "Opening handshake has timed out";

/** An error answer that is not about rights. The caller knows what it means, as with a 404. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The user lacks the right; another try cannot help, but the caller may do without. */
export class ForbiddenError extends UserError {}

/**
 * The API server of one context of the kubeconfig, with the credentials of that context. Keeps no
 * connection open between requests.
 */
export class ApiServer {
  readonly timeoutMs: number;
  readonly #context: KubeContext;

  private constructor(context: KubeContext, timeoutMs: number) {
    this.#context = context;
    this.timeoutMs = timeoutMs;
  }

  /**
   * @param context name; undefined for the current context
   * @throws {UserError} about the kubeconfig
   */
  static async forContext(context: string | undefined, timeoutMs = REQUEST_TIMEOUT_MS): Promise<ApiServer> {
    return new ApiServer(await loadContext(context), timeoutMs);
  }

  get contextName(): string {
    return this.#context.name;
  }

  /** `https://host:port`, and a path where it has one. */
  get server(): string {
    return this.#context.server;
  }

  /**
   * The credentials as `https.request` takes them. Stops waiting for a plugin, which may ask a
   * person, before the request times out: the two errors differ.
   */
  credentials(): Promise<RequestOptions> {
    return this.#context.credentials(this.timeoutMs - 500);
  }

  /**
   * @param path as in `/api/v1/namespaces/dev-infra/services/redis`
   * @throws {ApiError} for answers like 404; {@link UserError} if another try cannot help; else a
   * lost connection, as `isLostConnection` knows it
   */
  get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#request("GET", path, undefined, signal);
  }

  /** Merges `change` into an object; null removes a field. Throws as {@link get}. */
  patch(path: string, change: object): Promise<unknown> {
    return this.#request("PATCH", path, change);
  }

  /** Throws as {@link get}. */
  delete(path: string): Promise<unknown> {
    return this.#request("DELETE", path);
  }

  async #request(method: string, path: string, change?: object, signal?: AbortSignal): Promise<unknown> {
    const type = change && { "content-type": "application/merge-patch+json" };
    const answer = this.#prepare(path, signal).then((request) =>
      requestText({
        ...request,
        method,
        headers: { ...request.headers, accept: "application/json", ...type },
        body: change && JSON.stringify(change),
      }),
    );
    const { status, text } = await answer.catch((error: unknown) => {
      throw signal?.aborted ? error : this.connectionError(error);
    });
    if (status >= 300) throw this.responseError(status, text, `${method} ${path}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new ApiError(status, `it answers ${JSON.stringify(text.slice(0, 40))} to ${method} ${path}`);
    }
  }

  /**
   * As {@link get}, for an answer of text that may never end: returns its body as it arrives. The
   * time is for the first byte.
   *
   * @param path as in `/api/v1/namespaces/dev-infra/pods/wallet-0/log?follow=true`
   */
  async stream(path: string, signal: AbortSignal): Promise<Readable> {
    try {
      const { status, body } = await requestStream(await this.#prepare(path, signal));
      if (status >= 300) throw this.responseError(status, await readText(body), `GET ${path}`);
      return body;
    } catch (error) {
      throw error instanceof ApiError || signal.aborted ? error : this.connectionError(error);
    }
  }

  /** Waits for the credentials, and leaves the rest of the time to the request. */
  async #prepare(path: string, signal: AbortSignal | undefined): Promise<HttpRequest> {
    const end = Date.now() + this.timeoutMs;
    const { agent, auth, headers } = await this.credentials();
    const basic = auth && { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
    return {
      // Not resolved against the server, whose own path that would drop: Rancher's is
      // `https://host/k8s/clusters/c-1`.
      url: new URL(this.server + path),
      headers: { ...(headers as OutgoingHttpHeaders), ...basic },
      agent: agent as Agent,
      timeoutMs: Math.max(end - Date.now(), 1),
      signal,
    };
  }

  /**
   * Turns an error of the connection into a lost connection, or a {@link UserError} if it is none.
   */
  connectionError(error: unknown): Error {
    if (error instanceof UserError) return error;
    const { contextName, server } = this;
    const timedOut = isTimeout(error);
    const reason = timedOut ? `no answer within ${this.timeoutMs / 1000} s` : errorReason(error);
    const code = timedOut ? "ETIMEDOUT" : errorCode(error);
    const subject = `the API server of the Kubernetes context '${contextName}' (${server})`;
    if (!timedOut && !isLostConnection(error))
      return new UserError(`${subject} cannot be talked to: ${reason}; mend this context in the kubeconfig`);
    const message = `${subject} does not answer: ${reason}; start that cluster or choose another context, or ${CREATE_CLUSTER_HINT}`;
    return Object.assign(new Error(message, { cause: error }), { code });
  }

  /**
   * Turns an error answer into a sentence.
   *
   * @param what the request, as in `GET /version`
   */
  responseError(status: number, text: string, what: string): Error {
    const { contextName, server } = this;
    const message = parseStatusMessage(text);
    if (status === 401)
      return new UserError(
        `the API server of the Kubernetes context '${contextName}' (${server}) refuses its credentials (401): log in again, or choose another context`,
      );
    if (status === 403)
      return new ForbiddenError(
        `the user of the Kubernetes context '${contextName}' may not do this (403): ${message || what}; ask for a role that allows it, or choose another context`,
      );
    if (status === 429 || status >= 500) {
      const busy = `the API server of the Kubernetes context '${contextName}' (${server}) answers ${status} to ${what}: ${message}`;
      return Object.assign(new Error(busy), { code: "ECONNRESET" });
    }
    return new ApiError(status, message || `HTTP ${status}`);
  }
}

/** The message of a `Status` object; a proxy in between may answer anything. */
function parseStatusMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    return text.slice(0, 200).split("\n")[0]!.trim();
  }
}

/** True for a request's {@link TimeoutError}, and for a WebSocket handshake's. */
function isTimeout(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof Error && error.message === HANDSHAKE_TIMEOUT);
}
