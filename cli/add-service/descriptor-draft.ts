import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "@plinth/local/user-error.ts";
import { catalog, type Topic } from "@plinth/schemas/catalog.ts";
import { sizes } from "../../components/base/sizes.ts";
import { type LocatedService, parseDescriptor } from "../../components/service/descriptor.ts";
import type { Need, ServiceDescriptor } from "../../components/service/descriptor-rule.ts";
import { formatDescriptor } from "../service-files/descriptor-format.ts";
import type { SourceFolder } from "../service-files/source-folder.ts";
import { topicAccessErrors } from "../service-files/topic-access.ts";
import type { CodeScan } from "./code-scan.ts";
import type { DetectedApp } from "./languages/app.ts";
import { assertNameUnused, toServiceName } from "./names.ts";
import type { AddServiceOptions } from "./options.ts";
import { choosePort } from "./port.ts";
import { schemaReference } from "./schema-reference.ts";
import type { PlanInputs } from "./service-plan.ts";

interface DraftInputs {
  name: string;
  app: DetectedApp;
  scan: CodeScan;
  options: AddServiceOptions;
  /** The other services, whose ports are taken. */
  services: readonly LocatedService[];
  /** First line of text of its README, if it has one. */
  readmeSummary: string | undefined;
  /** The template of its Dockerfile; undefined: the service has its Dockerfile. */
  template: { name: string; version: number } | undefined;
}

/**
 * Describes a service by its files and the options.
 *
 * @throws {@link UserError} for a port that is taken or a topic that the catalogue lacks
 */
function draftDescriptor({
  name,
  app,
  scan,
  options,
  services,
  readmeSummary,
  template,
}: DraftInputs): ServiceDescriptor {
  const { live, ready, metrics, openapi } = scan;
  const produces = parseTopics("PRODUCES", options.produces);
  const consumes = parseTopics("CONSUMES", options.consumes);
  // A service with topics needs the broker and the registry of their schemas.
  const implied: Need[] = produces.length + consumes.length > 0 ? ["broker", "registry"] : [];
  const needs = (options.needs as Need[] | undefined) ?? [...new Set([...scan.needs, ...implied])];
  return {
    name,
    description:
      app.description ||
      readmeSummary ||
      `A service in ${{ node: "Node", go: "Go", python: "Python", php: "PHP" }[app.language]}`,
    port: choosePort(services, name, options.port ?? scan.fixedPort),
    command: app.command,
    ...(app.build.length > 0 && { build: app.build }),
    probes: { live, ready },
    metrics,
    openapi,
    needs,
    topics: { produces, consumes },
    ...(consumes.length > 0 && { groups: consumerGroups(name, consumes) }),
    tenant: (options.tenant as ServiceDescriptor["tenant"] | undefined) ?? scan.tenant,
    resources: { development: sizes.development.service.resources, production: sizes.production.service.resources },
    ...(template && { template }),
  };
}

function parseTopics(variable: string, given: readonly string[] = []): Topic[] {
  const known = catalog.map(({ topic }) => topic);
  const unknown = given.filter((topic) => !known.includes(topic as Topic));
  if (unknown.length === 0) return [...given] as Topic[];
  throw new UserError(
    `${variable}: the catalogue has no topic ${unknown.join(", ")}; it has ${known.join(", ")}. A new one begins as an entry of schemas/catalog.ts with its schema next to it`,
  );
}

/** One group for each topic, because the lag of a group over two topics names neither. */
function consumerGroups(name: string, consumes: readonly Topic[]): Record<string, Topic> {
  return Object.fromEntries(
    consumes.map((topic) => [consumes.length === 1 ? name : `${name}-${topic.toLowerCase()}`, topic]),
  );
}

/**
 * A descriptor for a service that has none yet.
 *
 * @param template of its Dockerfile; undefined: the service has its Dockerfile
 * @throws {@link UserError} when the program would refuse the descriptor, its name is taken, or it
 * produces a topic of another service
 */
export function draftValidDescriptor(
  { source, folder, folderKind, options, services }: PlanInputs,
  app: DetectedApp,
  scan: CodeScan,
  template: ServiceDescriptor["template"],
): ServiceDescriptor {
  const name = options.name ?? toServiceName(basename(folder));
  const draft = draftDescriptor({ name, app, scan, options, services, readmeSummary: readmeSummary(source), template });
  const descriptor = parseDescriptor(
    "plinth.json",
    formatDescriptor({ ...schemaReference(folder, folderKind), ...draft }),
  );
  assertNameUnused(name, folder, services);
  const errors = topicAccessErrors(descriptor).filter((error) => error.startsWith("it produces"));
  if (errors.length > 0) throw new UserError(`${name}: ${errors.join("; ")}`);
  return descriptor;
}

/**
 * The descriptor that the service already has, unless FORCE replaces it. NAME and PORT change it,
 * since another service here may have its name or port.
 */
export function readExistingDescriptor({
  source,
  folder,
  options,
  services,
}: PlanInputs): ServiceDescriptor | undefined {
  if (!source.has("plinth.json") || options.force) return undefined;
  const descriptor = parseDescriptor(join(folder, "plinth.json"), source.read("plinth.json"));
  const { name = descriptor.name, port = descriptor.port } = options;
  assertNameUnused(name, folder, services);
  return { ...descriptor, name, port: choosePort(services, name, port) };
}

/** The text of `plinth.json`; an unchanged descriptor keeps its owner's layout. */
export function descriptorText(
  source: SourceFolder,
  descriptor: ServiceDescriptor,
  existing: ServiceDescriptor | undefined,
): string {
  const text = existing && source.read("plinth.json");
  return text !== undefined && isDeepStrictEqual(JSON.parse(text.replace(/^\uFEFF/, "")), descriptor)
    ? text
    : formatDescriptor(descriptor);
}

function readmeSummary(source: SourceFolder): string | undefined {
  if (!source.has("README.md")) return undefined;
  const line = source
    .read("README.md")
    .split("\n")
    .find((candidate) => /^[A-Za-z]/.test(candidate));
  return line?.trim().slice(0, 120).replace(/[.:]$/, "");
}
