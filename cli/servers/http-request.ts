import { UserError } from "@plinth/local/user-error.ts";

export interface HttpAnswer<T> {
  status: number;
  text: string;
  /** The parsed JSON; undefined when the body is neither an object nor an array. */
  body: T;
}

export interface HttpRequestOptions {
  /** The status that the answer must have. @default any 2xx */
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
}

const TIMEOUT_MS = 20_000;

/**
 * One request of a command to a service.
 *
 * @throws {@link UserError} that names the URL when it cannot be reached or answers another status
 */
export async function requestJson<T>(
  method: string,
  url: string,
  { status, headers = {}, body }: HttpRequestOptions = {},
): Promise<HttpAnswer<T>> {
  const content = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...content },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new UserError(`${url} cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`);
  });
  const text = await response.text();
  const isExpected = status === undefined ? response.ok : response.status === status;
  if (!isExpected)
    throw new UserError(
      `${method} ${url} answered ${response.status}${status === undefined ? "" : `, not ${status}`}: ${text.slice(0, 300)}`,
    );
  return {
    status: response.status,
    text,
    body: (/^\s*[[{]/.test(text) ? JSON.parse(text) : undefined) as T,
  };
}
