import type { Agent } from "node:http";
import { encodeSegment } from "@plinth/local/request-target.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { CompatibilityLevel } from "@plinth/schemas/avro/compatibility.ts";
import { errorReason, isLostConnection, redactUrl } from "../errors.ts";
import { requestText } from "../http.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import type { PortForwarder } from "../kubernetes/port-forward/forwarder.ts";
import { withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import { retry } from "../retry.ts";
import { createAgent } from "./agent.ts";
import { RegistryError, undefinedIfMissing } from "./error.ts";

/** A type that lives under another subject. */
export interface SchemaReference {
  /** Full name of the type, as the schema uses it. */
  name: string;
  subject: string;
  version: number;
}

export interface Subject {
  /** The Avro schema as JSON text. */
  schema: string;
  references?: SchemaReference[];
  /** @default the level of the set */
  compatibility?: CompatibilityLevel;
}

export interface RegisteredSchema {
  id: number;
  version: number;
}

/** Where a registry is. */
export interface RegistryAddress {
  /** `http://host:port` or `https://…` */
  url: string;
  /** Where hosts like `schema-registry.dev-infra.svc` are. */
  cluster?: ClusterAccess | undefined;
}

/**
 * Runs `work` with a client, and closes the client afterwards.
 *
 * @param deadlineMs for all calls of the client together
 */
export async function withRegistry<T>(
  { url, cluster }: RegistryAddress,
  deadlineMs: number,
  work: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const hosts = URL.canParse(url) ? [new URL(url).hostname] : [];
  return withPortForwarder(cluster, hosts, async (forwarder) => {
    const client = new RegistryClient(url, deadlineMs, forwarder);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  });
}

/** Milliseconds that one try may take. */
const ATTEMPT_TIMEOUT_MS = 10_000;

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

/**
 * The part of the Confluent Schema Registry's REST API that registering needs. Every call is safe
 * to repeat, and is repeated while the registry cannot be reached or answers 5xx (as Redpanda may
 * on the first requests after a start), until the client's deadline. Over kept connections, because
 * fetch is slower for many small requests (dev/bench/deployment/providers.ts measures both).
 */
export class RegistryClient {
  readonly #baseUrl: URL;
  readonly #agent: Agent;
  readonly #deadlineMs: number;
  readonly #deadline: number;
  /** Requests that changed something. Look-ups and checks are not counted, though POSTs too. */
  writes = 0;

  constructor(url: string, deadlineMs: number, forwarder?: PortForwarder) {
    this.#baseUrl = new URL(url.endsWith("/") ? url : `${url}/`);
    this.#agent = createAgent(this.#baseUrl.protocol, forwarder);
    this.#deadlineMs = deadlineMs;
    this.#deadline = Date.now() + deadlineMs;
  }

  close(): void {
    this.#agent.destroy();
  }

  async listSubjects(): Promise<string[]> {
    return (await this.#call("GET", "subjects")) as string[];
  }

  /** Finds where exactly this schema is registered; undefined if it is not. */
  async findSchema(subject: string, { schema, references }: Subject): Promise<RegisteredSchema | undefined> {
    const answer = this.#call("POST", `subjects/${encodeSegment(subject)}`, {
      schema,
      ...(references && { references }),
    });
    return (await undefinedIfMissing(answer, 40401, 40403)) as RegisteredSchema | undefined;
  }

  async findLatest(
    subject: string,
  ): Promise<(RegisteredSchema & { schema: string; references?: SchemaReference[] }) | undefined> {
    const answer = this.#call("GET", `subjects/${encodeSegment(subject)}/versions/latest`);
    return (await undefinedIfMissing(answer, 40401, 40402)) as (RegisteredSchema & { schema: string }) | undefined;
  }

  /** The level set on the subject itself; undefined if the global one applies. */
  async findCompatibility(subject: string): Promise<string | undefined> {
    const answer = this.#call("GET", `config/${encodeSegment(subject)}`);
    return ((await undefinedIfMissing(answer, 40401, 40408)) as { compatibilityLevel: string } | undefined)
      ?.compatibilityLevel;
  }

  async setCompatibility(subject: string, compatibility: string): Promise<void> {
    this.writes++;
    await this.#call("PUT", `config/${encodeSegment(subject)}`, { compatibility });
  }

  /** Says why the schema does not fit the versions that its level names; undefined if it does. */
  async findIncompatibility(subject: string, { schema, references }: Subject): Promise<string | undefined> {
    const path = `compatibility/subjects/${encodeSegment(subject)}/versions`;
    const body = { schema, ...(references && { references }) };
    const judgement = this.#call("POST", `${path}?verbose=true`, body).catch((error: unknown) => {
      // Redpanda has this route for one version only. It judges the others on registration.
      const unknownRoute =
        error instanceof RegistryError && (error.status === 405 || (error.status === 404 && error.code < 1000));
      if (!unknownRoute) throw error;
      return this.#call("POST", `${path}/latest?verbose=true`, body);
    });
    // Some registries answer "no such subject" or "no such version" if the schema is the first.
    const answer = (await undefinedIfMissing(judgement, 40401, 40402)) ?? { is_compatible: true };
    const { is_compatible: fits, messages = [] } = answer as { is_compatible: boolean; messages?: string[] };
    return fits ? undefined : describeMessages(messages);
  }

  async register(subject: string, schema: Subject): Promise<RegisteredSchema> {
    this.writes++;
    const body = { schema: schema.schema, ...(schema.references && { references: schema.references }) };
    const answer = (await this.#call("POST", `subjects/${encodeSegment(subject)}/versions`, body)) as {
      id: number;
      version?: number;
    };
    if (answer.version !== undefined) return { id: answer.id, version: answer.version };
    // Older registries answer with the id alone.
    const registered = await this.findSchema(subject, schema);
    if (!registered) throw new UserError(`the schema registry registered ${subject} but does not find it again`);
    return { id: registered.id, version: registered.version };
  }

  /** Versions stay readable by id; the subject is no longer listed. */
  async softDelete(subject: string): Promise<void> {
    this.writes++;
    await undefinedIfMissing(this.#call("DELETE", `subjects/${encodeSegment(subject)}`), 40401, 40404);
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const isTransient = (error: unknown) =>
      isLostConnection(error) || (error instanceof RegistryError && error.status >= 500);
    return retry({ deadlineMs: this.#deadline - Date.now(), isTransient }, (remainingMs) =>
      this.#send(method, path, body, remainingMs),
    ).catch((error: unknown) => {
      if (error instanceof UserError || (error instanceof RegistryError && error.status < 500)) throw error;
      const waited = Math.round(this.#deadlineMs / 1000);
      throw new UserError(
        `the schema registry at ${redactUrl(this.#baseUrl.href)} did not serve ${method} ${path} within ${waited} s: ${errorReason(error)}`,
      );
    });
  }

  async #send(method: string, path: string, body: unknown, remainingMs: number): Promise<unknown> {
    const { status, text } = await requestText({
      method,
      url: new URL(path, this.#baseUrl),
      headers: { accept: CONTENT_TYPE, ...(body !== undefined && { "content-type": CONTENT_TYPE }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      agent: this.#agent,
      timeoutMs: Math.min(remainingMs, ATTEMPT_TIMEOUT_MS),
    });
    if (status < 300) return JSON.parse(text);
    throw RegistryError.fromResponse(status, text);
  }
}

/**
 * Takes the descriptions, which a person needs, out of verbose messages like
 * `{errorType:'…', description:'…', additionalInfo:'…'}`.
 */
function describeMessages(messages: string[]): string {
  const described = messages.flatMap(
    (message) => /description:'(.*?)'(?:, additionalInfo|\})/s.exec(message)?.[1] ?? [],
  );
  const reasons = described.length > 0 ? described : messages.slice(0, 1);
  return reasons.length > 0 ? reasons.slice(0, 3).join("; ") : "the registry gives no reason";
}
