import type { InspectedService } from "./inspected-service.ts";
import { listOperations, type Operation, openapiErrors } from "./openapi.ts";

const RESPONSE_TIMEOUT_MS = 5000;
/** More routes share the same middleware, so that they need no request. */
const MAX_ROUTES = 25;

export async function fetchOpenapi(subject: InspectedService): Promise<{ faults: string[]; found?: unknown }> {
  const { openapi: path } = subject.service;
  const answer = await get(subject, path);
  if (answer.status !== 200)
    return { faults: [`${path} answers ${answer.status}: serve the document there, or name its path in plinth.json`] };
  const text = await answer.text();
  try {
    const found: unknown = JSON.parse(text);
    return { faults: openapiErrors(found).map((fault) => `${path}: ${fault}`), found };
  } catch {
    return { faults: [`${path} is not JSON`] };
  }
}

export async function requestableRoutes(subject: InspectedService): Promise<Operation[]> {
  const { probes, metrics, openapi, name: _ } = subject.service;
  const excluded = [probes.live, probes.ready, metrics, openapi, "/", "/docs", "/swagger", "/health", "/ready"];
  const all = listOperations((await fetchOpenapi(subject)).found, excluded);
  // Reads first: even a service without tenant checks then changes nothing.
  return [...all.filter(({ method }) => method === "GET"), ...all.filter(({ method }) => method !== "GET")].slice(
    0,
    MAX_ROUTES,
  );
}

export function get({ baseUrl }: InspectedService, path: string): Promise<Response> {
  return fetch(`${baseUrl}${path}`, { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
}

export async function sendOperation(
  { baseUrl }: InspectedService,
  { method, path }: Operation,
  headers: Record<string, string>,
): Promise<Response> {
  const body = ["POST", "PUT", "PATCH"].includes(method)
    ? { body: "{}", headers: { ...headers, "content-type": "application/json" } }
    : { headers };
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    ...body,
    signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  return response;
}
