import { registry } from "./servers.ts";

export interface RegistryResponse {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the registry may answer anything
  body: any;
  type: string;
}

/** Sends one request to the test registry. */
export async function requestRegistry(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<RegistryResponse> {
  const { url } = await registry();
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/vnd.schemaregistry.v1+json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    type: response.headers.get("content-type") ?? "",
  };
}

let counter = 0;
/** Returns a subject that no other test uses. */
export function freshSubject(name = "subject"): string {
  counter += 1;
  return `${name}-${process.pid}-${counter}-value`;
}

/** The request body for a record with these fields, of type long by default. */
export function recordSchema(name: string, fields: Record<string, unknown>, more: object = {}): { schema: string } {
  const listed = Object.entries(fields).map(([field, spec]) => ({
    name: field,
    ...(typeof spec === "object" ? spec : { type: spec }),
  }));
  return { schema: JSON.stringify({ type: "record", name, fields: listed }), ...more };
}

export async function registerSchema(subject: string, body: unknown): Promise<number> {
  const { status, body: answer } = await requestRegistry("POST", `/subjects/${subject}/versions`, body);
  if (status !== 200) throw new Error(`${subject}: ${JSON.stringify(answer)}`);
  return answer.id;
}
