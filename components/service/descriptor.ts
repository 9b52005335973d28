import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog, type Topic } from "@plinth/schemas/catalog.ts";
import { resourcesRule } from "../base/resources.ts";
import type { Profile } from "../base/runtime.ts";
import type { ContainerResources } from "../base/sizes.ts";
import {
  checkFields,
  isListOf,
  isNonEmptyString,
  isRecord,
  listOf,
  oneOf,
  optional,
  type Rule,
} from "../base/validation.ts";
import { serviceNameRule } from "./name.ts";
import { listFolders, listPackageFolders } from "./packages.ts";

/** What a service may need of the platform. */
export type Need = "database" | "cache" | "broker" | "registry";

/** A service as it describes itself in `plinth.json`; the program knows nothing else of it. */
export interface ServiceDescriptor {
  /**
   * Lower case, digits and dashes: also its process, its database migrations' owner and its
   * Kubernetes name.
   */
  name: string;
  description: string;
  /** TCP port, before the stack's port offset. */
  port: number;
  /**
   * Program and arguments, run from the root of the repository; from its own folder when it stands
   * alone (see {@link LocatedService}).
   */
  command: [string, ...string[]];
  /**
   * Programs and arguments that make it ready to run, in this order and from its own folder: once
   * for each state of its sources.
   */
  build?: [string, ...string[]][];
  /** Paths that answer 2xx: alive, and able to serve. */
  probes: { live: string; ready: string };
  /** Path of its metrics. */
  metrics: string;
  /** Path of its OpenAPI document. */
  openapi: string;
  needs: Need[];
  topics: { produces: Topic[]; consumes: Topic[] };
  /**
   * Consumer groups by their names, each with the topic that it reads; how far behind one is
   * decides on replicas where KEDA is present.
   */
  groups?: Record<string, Topic>;
  /**
   * `header`: every request names its tenant in `X-Tenant-Id`. `optional`: a request without that
   * header belongs to the tenant of `DEFAULT_TENANT_ID`. `none`: it serves no tenant in particular.
   */
  tenant: "header" | "optional" | "none";
  /** Whether the gateway lets requests from outside in, where a stack has one. @default false */
  public?: boolean;
  /**
   * Folder of ordered SQL files, relative to the root of the repository, or to its own folder when
   * it stands alone. Absent: no tables.
   */
  migrations?: string;
  /**
   * What a replica asks for and may take, by profile, in place of the platform's sizes (SDG-2); a
   * stack's configuration may say otherwise.
   */
  resources?: Partial<Record<Profile, ContainerResources>>;
  /** What its files were made from, so that `make upgrade-service` can merge a newer version. */
  template?: { name: string; version: number };
}

/** A service where it was found. */
export interface LocatedService extends ServiceDescriptor {
  /** Relative to the root of the repository. */
  folder: string;
  /**
   * Whether it has a Dockerfile, and so everything, of its own: it is a submodule in `packages/`,
   * or written in whatever language. The others are services on the kit, run and built together
   * with this repository. `migrations` is relative to the root either way.
   */
  standalone: boolean;
}

/**
 * The services in `services/` and `packages/`, by their descriptors, in the order of their names.
 * Throws one sentence for the first that is wrong.
 *
 * @param except folder of one that is only about to be described
 */
export function discoverServices(root: string, except?: string): LocatedService[] {
  const own = listFolders(root, "services").filter((folder) => existsSync(join(root, folder, "plinth.json")));
  const folders = [...own, ...listPackageFolders(root, except)].filter((folder) => folder !== except);
  const services = folders.map((folder) => readService(root, folder));
  for (const field of ["name", "port"] as const) rejectDuplicates(services, field);
  return services.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The service of one folder, relative to the root. @throws as {@link parseDescriptor} */
export function readService(root: string, folder: string): LocatedService {
  const file = join(folder, "plinth.json");
  const descriptor = parseDescriptor(file, readFileSync(join(root, file), "utf8"));
  const standsAlone = !folder.startsWith("services/") || existsSync(join(root, folder, "Dockerfile"));
  const { migrations } = descriptor;
  return {
    ...descriptor,
    ...(standsAlone && migrations !== undefined && { migrations: join(folder, migrations) }),
    folder,
    standalone: standsAlone,
  };
}

function rejectDuplicates(services: readonly LocatedService[], field: "name" | "port"): void {
  const seen = new Map<string | number, LocatedService>();
  for (const service of services) {
    const other = seen.get(service[field]);
    if (other)
      throw new Error(
        `${service.folder}/plinth.json: '${field}' is ${service[field]}, which ${other.folder} has already; change one of them`,
      );
    seen.set(service[field], service);
  }
}

/** Throws one sentence naming file and field. */
export function parseDescriptor(file: string, text: string): ServiceDescriptor {
  const descriptor = parseJson(file, text);
  checkFields(file, descriptor, descriptorRules, "a service descriptor");
  return descriptor as unknown as ServiceDescriptor;
}

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}

const profiles: string[] = ["development", "production"] satisfies Profile[];
const needs: Need[] = ["database", "cache", "broker", "registry"];
const topics = catalog.map(({ topic }) => topic as string);
const isCommand = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isNonEmptyString);
const isPath = (value: unknown) => typeof value === "string" && value.startsWith("/");

const path: Rule = [isPath, "a path that starts with /"];
const descriptorRules: Record<keyof ServiceDescriptor, Rule> = {
  name: serviceNameRule,
  description: [isNonEmptyString, "a sentence"],
  port: [
    (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= 25_535,
    "a port from 1 to 25535, so that a port offset can be added",
  ],
  command: [isCommand, "a list: a program and its arguments"],
  build: optional([
    (value) => Array.isArray(value) && value.length > 0 && value.every(isCommand),
    "a list of lists: programs and their arguments",
  ]),
  probes: [
    (value) => isRecord(value) && isPath(value.live) && isPath(value.ready),
    "{ live, ready }, each a path that starts with /",
  ],
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
  migrations: optional([isNonEmptyString, "a folder relative to the root of the repository"]),
  resources: optional([
    (value) =>
      isRecord(value) &&
      Object.entries(value).every(([profile, one]) => profiles.includes(profile) && resourcesRule[0](one)),
    `{ development, production }, each ${resourcesRule[1]}`,
  ]),
  template: optional([
    (value) =>
      isRecord(value) && isNonEmptyString(value.name) && Number.isInteger(value.version) && Number(value.version) > 0,
    "{ name, version }, as add-service wrote it",
  ]),
};
