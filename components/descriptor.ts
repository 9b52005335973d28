import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog, type Topic } from "@plinth/schemas/catalog.ts";
import { checkFields, isListOf, isRecord, isText, listOf, oneOf, optional, type Rule } from "./fields.ts";

/** What a service may need of the platform. */
export type Need = "database" | "cache" | "broker" | "registry";

/** A service as it describes itself in `plinth.json`; the program knows nothing else of it. */
export interface ServiceDescriptor {
  /** Lower case, digits and dashes: also its process, its database migrations' owner and its Kubernetes name. */
  name: string;
  description: string;
  /** TCP port, before the stack's port offset. */
  port: number;
  /** Program and arguments, run from the root of the repository. */
  command: [string, ...string[]];
  /** Paths that answer 2xx: alive, and able to serve. */
  probes: { live: string; ready: string };
  /** Path of its metrics. */
  metrics: string;
  /** Path of its OpenAPI document. */
  openapi: string;
  needs: Need[];
  topics: { produces: Topic[]; consumes: Topic[] };
  /** Consumer groups by their names, each with the topic that it reads; how far behind one is decides on replicas where KEDA is present. */
  groups?: Record<string, Topic>;
  /**
   * `header`: every request names its tenant in `X-Tenant-Id`. `optional`: a request without that header belongs to the tenant of
   * `DEFAULT_TENANT_ID`. `none`: it serves no tenant in particular.
   */
  tenant: "header" | "optional" | "none";
  /** Whether the gateway lets requests from outside in, where a stack has one. @default false */
  public?: boolean;
  /** Folder of ordered SQL files, relative to the root of the repository. Absent: the service has no tables. */
  migrations?: string;
}

/** The services in `services/`, by their descriptors, in the order of their names. Throws one sentence for the first that is wrong. */
export function discoverServices(root: string): ServiceDescriptor[] {
  const folder = join(root, "services");
  return readdirSync(folder)
    .sort()
    .map((name) => join("services", name, "plinth.json"))
    .filter((file) => existsSync(join(root, file)))
    .map((file) => parseDescriptor(file, readFileSync(join(root, file), "utf8")));
}

/** Throws one sentence naming file and field. */
export function parseDescriptor(file: string, text: string): ServiceDescriptor {
  const descriptor = parseJson(file, text);
  checkFields(file, descriptor, rules, "a service descriptor");
  return descriptor as unknown as ServiceDescriptor;
}

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}

const needs: Need[] = ["database", "cache", "broker", "registry"];
const topics = catalog.map(({ topic }) => topic as string);
const isPath = (value: unknown) => typeof value === "string" && value.startsWith("/");

const path: Rule = [isPath, "a path that starts with /"];
const rules: Record<keyof ServiceDescriptor, Rule> = {
  name: [(value) => typeof value === "string" && /^[a-z][a-z0-9-]{0,39}$/.test(value), "lower-case letters, digits and dashes, 40 at most"],
  description: [isText, "a sentence"],
  port: [
    (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= 25_535,
    "a port from 1 to 25535, so that a port offset can be added",
  ],
  command: [(value) => Array.isArray(value) && value.length > 0 && value.every(isText), "a list: a program and its arguments"],
  probes: [(value) => isRecord(value) && isPath(value.live) && isPath(value.ready), "{ live, ready }, each a path that starts with /"],
  metrics: path,
  openapi: path,
  needs: listOf(...needs),
  topics: [
    (value) => isRecord(value) && isListOf(value.produces, topics) && isListOf(value.consumes, topics),
    `{ produces, consumes }, each a list of topics of the catalogue (${topics.join(", ")})`,
  ],
  groups: optional([
    (value) => isRecord(value) && isListOf(Object.values(value), topics),
    `{ group: topic }, each a topic of the catalogue (${topics.join(", ")})`,
  ]),
  public: optional([(value) => typeof value === "boolean", "true or false"]),
  tenant: oneOf("header", "optional", "none"),
  migrations: optional([isText, "a folder relative to the root of the repository"]),
};
