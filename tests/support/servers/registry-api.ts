import { registry } from "./servers.ts";

export interface RegistryResponse {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the registry answered
  body: any;
  type: string;
}

/** One request to the test registry, as curl would send it. */
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
/** A subject that no other test uses. */
export function freshSubject(name = "subject"): string {
  counter += 1;
  return `${name}-${process.pid}-${counter}-value`;
}

/** The request body of a record with these fields, each a long unless it says otherwise. */
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
