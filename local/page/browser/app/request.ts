import type { ApiError } from "../../model/api.ts";
import { connected } from "./connection.ts";
import { forgetToken, token } from "./token.ts";

/** Its message is a sentence to show. */
export class RequestError extends Error {}

const AWAY = "The stack does not answer. Start it with “make up”; this page goes on by itself.";
const TIMEOUT_MS = 30_000;

export type Query = Record<string, string | number | readonly string[] | undefined>;

export async function getJson<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const headers = authorization();
  return (await request(path + search(query), { headers, signal: withTimeout(signal) })).json() as Promise<T>;
}

/** A change, with the token if there is one. A file is sent as it is. */
export async function send<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  const headers = { "content-type": "application/json", ...authorization() };
  const content = body instanceof Blob ? body : JSON.stringify(body ?? {});
  const response = await request(path, { method, headers, body: content, signal: withTimeout() });
  return (await response.json()) as T;
}

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    connected.value = false;
    throw new RequestError(AWAY);
  }
  connected.value = true;
  if (response.ok) return response;
  if (response.status === 401 && token.value !== undefined) forgetToken();
  throw new RequestError(await sentenceOf(response));
}

async function sentenceOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    return (JSON.parse(text) as ApiError).error;
  } catch {
    return text === "" ? `The server answered ${response.status}.` : text.slice(0, 500);
  }
}

export function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== "") parameters.append(name, String(each));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function authorization(): Record<string, string> {
  return token.value === undefined ? {} : { authorization: `Bearer ${token.value}` };
}

function withTimeout(signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
