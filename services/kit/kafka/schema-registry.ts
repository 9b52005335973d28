import type { IncomingMessage } from "node:http";
import { AvroError } from "@plinth/schemas/avro/model.ts";
import { inlineReferences, type RegisteredText } from "@plinth/schemas/avro/writer-schema.ts";
import { httpModuleFor } from "../core/node-http.ts";
import { redactText } from "../core/redacted-text.ts";
import { UnreadableRecord } from "./record.ts";

/**
 * Reads schemas and their ids. It registers nothing: the platform registers all schemas before a
 * service starts.
 */
export interface SchemaRegistryClient {
  /**
   * The id of exactly this schema under this subject.
   * @throws an Error that says what to do if the schema is not registered
   */
  findSchemaId(subject: string, schema: string): Promise<number>;
  /**
   * The text of a schema, with the definitions of its references inside.
   * @throws {@link UnreadableRecord} if the registry has no schema with this id
   */
  getSchema(id: number): Promise<string>;
  check(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 3000;
/** Far above any schema; a server that is not a registry must not fill this process's memory. */
const MAX_ANSWER_BYTES = 8 << 20;
const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
/** The registry's error code for an unknown id. */
const SCHEMA_NOT_FOUND = 40403;

export function createSchemaRegistryClient(url: string): SchemaRegistryClient {
  const base = url.replace(/\/$/, "");
  return {
    async findSchemaId(subject, schema) {
      const { status, body } = await requestRegistry(`${base}/subjects/${encodeURIComponent(subject)}`, { schema });
      if (status === 404)
        throw new Error(
          `The schema of ${subject} is not registered at ${redactText(base)}: bring the platform up, which registers it.`,
        );
      const { id } = (body ?? {}) as { id?: unknown };
      if (!Number.isInteger(id)) throw unexpectedAnswer(base, "id");
      return id as number;
    },
    async getSchema(id) {
      const { status, body } = await requestRegistry(`${base}/schemas/ids/${id}`);
      if ((body as { error_code?: unknown } | null)?.error_code === SCHEMA_NOT_FOUND)
        throw new UnreadableRecord(`the registry has no schema with id ${id}`);
      // Any other 404 may be a proxy's: only the registry's own code makes a record unreadable.
      const registered = registeredText(base, status, body);
      const text = inlineReferences(registered, async ({ subject, version }) => {
        // A version that is deleted softly still defines what others refer to.
        const path = `subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
        const answer = await requestRegistry(`${base}/${path}`);
        return registeredText(base, answer.status, answer.body);
      });
      return text.catch((error: unknown) => {
        throw error instanceof AvroError ? new UnreadableRecord(`schema ${id} is not Avro: ${error.message}`) : error;
      });
    },
    check: async () => void (await requestRegistry(`${base}/subjects`)),
  };
}

function registeredText(base: string, status: number, body: unknown): RegisteredText {
  if (status !== 200 || typeof (body as RegisteredText | null)?.schema !== "string")
    throw unexpectedAnswer(base, "schema");
  return body as RegisteredText;
}

function unexpectedAnswer(base: string, field: string): Error {
  return new Error(`The server at ${redactText(base)} is not a schema registry: its answer has no ${field}.`);
}

/**
 * By Node's HTTP: axios costs a service 5 MB and 75 ms of its start
 * (docs/decisions/kafka-client.md).
 */
function requestRegistry(url: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const { request } = httpModuleFor(url);
  const method = body === undefined ? "GET" : "POST";
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, headers: { "content-type": CONTENT_TYPE }, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) },
      (response) => {
        readText(response)
          .then((answer) => {
            const status = response.statusCode ?? 0;
            if (status === 200 || status === 404) resolve({ status, body: parseAnswer(answer, url) });
            else
              throw new Error(`The schema registry answered ${status} to ${redactText(url)}: ${answer.slice(0, 200)}`);
          })
          .catch(reject);
      },
    );
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** A server that is no registry, such as a proxy's page, may be replaced by one. */
function parseAnswer(answer: string, url: string): unknown {
  try {
    return JSON.parse(answer);
  } catch (cause) {
    throw new Error(`The schema registry's answer to ${redactText(url)} is no JSON.`, { cause });
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new Error(`The schema registry's answer is larger than ${MAX_ANSWER_BYTES >> 20} MiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
