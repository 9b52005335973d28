import { inlineReferences, type RegisteredText, type SchemaReference } from "@plinth/schemas/avro/writer-schema.ts";
import { requestText } from "../../collector/http/request.ts";
import { encodeSegment, isSegment } from "../../request-target.ts";
import { PageError } from "../model/page-error.ts";
import type { CompatibilityResult, SchemaSubject } from "../model/platform.ts";
import type { SchemaSource } from "../model/sources.ts";
import type { RegisteredSchema } from "./kafka/record-decoder.ts";

const TIMEOUT_MS = 10_000;
const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
/** Subjects that are asked for at the same time. */
const CONCURRENCY = 8;

interface SchemaVersion {
  version: number;
  schema: string;
}

/** A schema registry with Confluent's REST API. */
export class RegistrySource implements SchemaSource {
  private readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, "");
  }

  async list(): Promise<SchemaSubject[]> {
    const [subjects, { compatibilityLevel }] = await Promise.all([
      this.send<string[]>("GET", "/subjects"),
      this.send<{ compatibilityLevel: string }>("GET", "/config"),
    ]);
    const found: SchemaSubject[] = [];
    const waiting = subjects.filter(isSegment).sort();
    const work = async () => {
      for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift())
        found.push(await this.describe(subject, compatibilityLevel));
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return found.sort((a, b) => (a.subject < b.subject ? -1 : 1));
  }

  async version(subject: string, version: number): Promise<string> {
    return (await this.send<SchemaVersion>("GET", `/subjects/${subjectSegment(subject)}/versions/${version}`)).schema;
  }

  async tryOut(subject: string, schema: string): Promise<CompatibilityResult> {
    const path = `/compatibility/subjects/${subjectSegment(subject)}/versions/latest?verbose=true`;
    const { is_compatible, messages = [] } = await this.send<{ is_compatible: boolean; messages?: string[] }>(
      "POST",
      path,
      {
        schema,
      },
    );
    return { compatible: is_compatible, messages };
  }

  /** A schema by the id that records carry. */
  async byId(id: number): Promise<RegisteredSchema> {
    const [schema, versions] = await Promise.all([
      this.send<RegisteredText>("GET", `/schemas/ids/${id}`).then((registered) =>
        inlineReferences(registered, (reference) => this.referenced(reference)),
      ),
      this.send<RegisteredSchema["versions"]>("GET", `/schemas/ids/${id}/versions`),
    ]);
    return { schema, versions };
  }

  /** A version that is deleted softly still defines what others refer to. */
  private referenced({ subject, version }: SchemaReference): Promise<RegisteredText> {
    return this.send("GET", `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`);
  }

  private async describe(subject: string, defaultLevel: string): Promise<SchemaSubject> {
    const path = encodeSegment(subject);
    const [versions, latest, config] = await Promise.all([
      this.send<number[]>("GET", `/subjects/${path}/versions`),
      this.send<SchemaVersion>("GET", `/subjects/${path}/versions/latest`),
      // A subject that inherits the global level answers 404.
      this.send<{ compatibilityLevel: string }>("GET", `/config/${path}`).catch((error: PageError) => {
        if (error.status !== 404) throw error;
        return { compatibilityLevel: defaultLevel };
      }),
    ]);
    return { subject, versions, compatibility: config.compatibilityLevel, schema: latest.schema };
  }

  private async send<T>(method: "GET" | "POST", path: string, content?: object): Promise<T> {
    const { status, body } = await requestText(`${this.url}${path}`, {
      method,
      timeoutMs: TIMEOUT_MS,
      headers: { accept: CONTENT_TYPE, ...(content && { "content-type": CONTENT_TYPE }) },
      ...(content && { body: JSON.stringify(content) }),
    }).catch((error: Error) => {
      throw new PageError(503, `The schema registry on ${this.url} does not answer: ${error.message}`);
    });
    if (status < 300) return JSON.parse(body) as T;
    const reason = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? `status ${status}`;
    throw new PageError(
      status === 404 ? 404 : status < 500 ? 400 : 503,
      `The schema registry refused: ${JSON.parse(`"${reason}"`) as string}`,
    );
  }
}

function subjectSegment(subject: string): string {
  if (!isSegment(subject)) throw new PageError(404, `The registry has no subject '${subject}'`);
  return encodeSegment(subject);
}
