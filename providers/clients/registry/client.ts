import { type Agent, type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import { UserError } from "@plinth/local/user-error.ts";
import type { SchemaReference, Subject } from "../../avro-schemas.ts";
import { errorReason, isLostConnection, redactUrl, retry } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { type PortForwarder, withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import { createAgent } from "./agent.ts";

/**
 * A refusal of the registry: HTTP status, its own code (40401 no subject, 40402 no version, 40403
 * no schema, 40408 no level, 42201 no Avro) and message.
 */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface RegisteredSchema {
  id: number;
  version: number;
}

/** Where a registry is. */
export interface RegistryAddress {
  /** `http://host:port` or `https://…` */
  url: string;
  /** Reaches hosts like `schema-registry.dev-infra.svc`. */
  cluster?: ClusterAccess | undefined;
}

/**
 * Runs `work` with a client that is closed after it. `deadlineMs`: for all of its calls together.
 */
export async function withRegistry<T>(
  { url, cluster }: RegistryAddress,
  deadlineMs: number,
  work: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const hosts = URL.canParse(url) ? [new URL(url).hostname] : [];
  return withPortForwarder(cluster, hosts, async (tunnel) => {
    const client = new RegistryClient(url, deadlineMs, tunnel);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  });
}

/**
 * The part of the Confluent Schema Registry's REST API that registering needs. Every call is safe
 * to repeat, and is repeated while the registry cannot be reached or answers 5xx (it may on the
 * first requests after a start), until the deadline of the client. Node's own HTTP client with kept
 * connections, because fetch is slower for many small requests (dev/bench/deployment/providers.ts
 * measures both).
 */
export class RegistryClient {
  readonly #baseUrl: URL;
  readonly #agent: Agent;
  readonly #deadlineMs: number;
  readonly #deadline: number;
  /**
   * POSTs and PUTs and DELETEs that change something; look-ups and checks, which are POSTs too, are
   * not counted.
   */
  writes = 0;

  constructor(url: string, deadlineMs: number, tunnel?: PortForwarder) {
    this.#baseUrl = new URL(url.endsWith("/") ? url : `${url}/`);
    this.#agent = createAgent(this.#baseUrl.protocol, tunnel);
    this.#deadlineMs = deadlineMs;
    this.#deadline = Date.now() + deadlineMs;
  }

  close(): void {
    this.#agent.destroy();
  }

  async listSubjects(): Promise<string[]> {
    return (await this.#call("GET", "subjects")) as string[];
  }

  /** Where exactly this schema is registered; undefined when it is not. */
  async findSchema(subject: string, { schema, references }: Subject): Promise<RegisteredSchema | undefined> {
    const answer = this.#call("POST", `subjects/${encodeURIComponent(subject)}`, {
      schema,
      ...(references && { references }),
    });
    return (await undefinedIfMissing(answer, 40401, 40403)) as RegisteredSchema | undefined;
  }

  async findLatest(
    subject: string,
  ): Promise<(RegisteredSchema & { schema: string; references?: SchemaReference[] }) | undefined> {
    const answer = this.#call("GET", `subjects/${encodeURIComponent(subject)}/versions/latest`);
    return (await undefinedIfMissing(answer, 40401, 40402)) as (RegisteredSchema & { schema: string }) | undefined;
  }

  /** The level set on the subject itself; undefined when the global one applies. */
  async findCompatibility(subject: string): Promise<string | undefined> {
    const answer = this.#call("GET", `config/${encodeURIComponent(subject)}`);
    return ((await undefinedIfMissing(answer, 40401, 40408)) as { compatibilityLevel: string } | undefined)
      ?.compatibilityLevel;
  }

  async setCompatibility(subject: string, compatibility: string): Promise<void> {
    this.writes++;
    await this.#call("PUT", `config/${encodeURIComponent(subject)}`, { compatibility });
  }

  /** Why the schema does not fit the versions that its level names; undefined when it does. */
  async findIncompatibility(subject: string, { schema, references }: Subject): Promise<string | undefined> {
    const path = `compatibility/subjects/${encodeURIComponent(subject)}/versions`;
    const body = { schema, ...(references && { references }) };
    const judgement = this.#call("POST", `${path}?verbose=true`, body).catch((error: unknown) => {
      // Redpanda has this only for one version; it judges the rest when the schema is registered.
      const unknownRoute =
        error instanceof RegistryError && (error.status === 405 || (error.status === 404 && error.code < 1000));
      if (!unknownRoute) throw error;
      return this.#call("POST", `${path}/latest?verbose=true`, body);
    });
    // Some registries answer "no such subject" or "no such version" where there is nothing to be
    // compatible with.
    const answer = (await undefinedIfMissing(judgement, 40401, 40402)) ?? { is_compatible: true };
    const { is_compatible: fits, messages = [] } = answer as { is_compatible: boolean; messages?: string[] };
    return fits ? undefined : describeMessages(messages);
  }

  async register(subject: string, schema: Subject): Promise<RegisteredSchema> {
    this.writes++;
    const body = { schema: schema.schema, ...(schema.references && { references: schema.references }) };
    const answer = (await this.#call("POST", `subjects/${encodeURIComponent(subject)}/versions`, body)) as {
      id: number;
      version?: number;
    };
    if (answer.version !== undefined) return { id: answer.id, version: answer.version };
    // Older registries answer with the id alone.
    const found = await this.findSchema(subject, schema);
    if (!found) throw new UserError(`the schema registry registered ${subject} but does not find it again`);
    return { id: found.id, version: found.version };
  }

  /** Versions stay readable by id; the subject is no longer listed. */
  async softDelete(subject: string): Promise<void> {
    this.writes++;
    await undefinedIfMissing(this.#call("DELETE", `subjects/${encodeURIComponent(subject)}`), 40401, 40404);
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const transient = (error: unknown) =>
      isLostConnection(error) || (error instanceof RegistryError && error.status >= 500);
    return retry({ deadlineMs: this.#deadline - Date.now(), isTransient: transient }, (left) =>
      this.#send(method, path, body, left),
    ).catch((error: unknown) => {
      if (error instanceof UserError || (error instanceof RegistryError && error.status < 500)) throw error;
      const waited = Math.round(this.#deadlineMs / 1000);
      throw new UserError(
        `the schema registry at ${redactUrl(this.#baseUrl.href)} did not serve ${method} ${path} within ${waited} s: ${errorReason(error)}`,
      );
    });
  }

  #send(method: string, path: string, body: unknown, timeout: number): Promise<unknown> {
    const send = this.#baseUrl.protocol === "https:" ? secureRequest : request;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: "application/vnd.schemaregistry.v1+json",
      ...(text !== undefined && {
        "content-type": "application/vnd.schemaregistry.v1+json",
        "content-length": Buffer.byteLength(text),
      }),
    };
    return new Promise((resolve, reject) => {
      const sent = send(new URL(path, this.#baseUrl), { method, agent: this.#agent, headers }, (response) => {
        readResponse(response).then(resolve, reject);
      });
      sent.setTimeout(Math.min(timeout, 10_000), () =>
        sent.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
      );
      sent.on("error", reject);
      sent.end(text);
    });
  }
}

async function readResponse(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const status = response.statusCode ?? 0;
  if (status < 300) return JSON.parse(text);
  throw new RegistryError(status, ...parseError(text, status));
}

/** A proxy in between may answer with something that is no JSON. */
function parseError(text: string, status: number): [code: number, message: string] {
  try {
    const { error_code: code, message } = JSON.parse(text) as { error_code?: number; message?: string };
    return [code ?? status, message ?? `HTTP ${status}`];
  } catch {
    return [status, `HTTP ${status} ${text.slice(0, 200).trim()}`];
  }
}

/** Answers undefined for the registry's "there is none" codes. */
async function undefinedIfMissing(answer: Promise<unknown>, ...codes: number[]): Promise<unknown> {
  return answer.catch((error: unknown) => {
    if (error instanceof RegistryError && codes.includes(error.code)) return undefined;
    throw error;
  });
}

/**
 * Verbose messages are texts like `{errorType:'…', description:'…', additionalInfo:'…'}`; the
 * descriptions are what a person needs.
 */
function describeMessages(messages: string[]): string {
  const described = messages.flatMap(
    (message) => /description:'(.*?)'(?:, additionalInfo|\})/s.exec(message)?.[1] ?? [],
  );
  const reasons = described.length > 0 ? described : messages.slice(0, 1);
  return reasons.length > 0 ? reasons.slice(0, 3).join("; ") : "the registry gives no reason";
}
