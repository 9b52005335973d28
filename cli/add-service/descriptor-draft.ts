import { catalog, type Topic } from "@plinth/schemas/catalog.ts";
import { sizes } from "../../components/base/sizes.ts";
import { isListOf } from "../../components/base/validation.ts";
import type { LocatedService, Need, ServiceDescriptor } from "../../components/service/descriptor.ts";
import type { CodeScan } from "./code-scan.ts";
import type { DetectedApp } from "./languages/detect.ts";
import type { AddServiceOptions } from "./options.ts";
import { choosePort } from "./port.ts";

export interface DraftInputs {
  name: string;
  app: DetectedApp;
  scan: CodeScan;
  options: AddServiceOptions;
  /** Those that are there, for the ports that they have. */
  services: readonly LocatedService[];
  /** First paragraph of its README, where it has one. */
  readmeSummary: string | undefined;
  /** Version of the template of its Dockerfile; undefined: it has one of its own. */
  template: { name: string; version: number } | undefined;
}

/**
 * A service as its files and the options describe it. Throws one sentence for an option that names
 * no port, need or topic that there is.
 */
export function draftDescriptor({
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
  // Who touches topics needs the broker and the registry of their schemas.
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
  if (isListOf(given, known)) return [...given] as Topic[];
  const unknown = given.filter((topic) => !known.includes(topic as Topic));
  throw new Error(
    `${variable}: the catalogue has no topic ${unknown.join(", ")}; it has ${known.join(", ")}. A new one begins as an entry of schemas/catalog.ts with its schema beside it`,
  );
}

/** One for each topic: a group that reads two is behind on neither alone. */
function consumerGroups(name: string, consumes: readonly Topic[]): Record<string, Topic> {
  return Object.fromEntries(
    consumes.map((topic) => [consumes.length === 1 ? name : `${name}-${topic.toLowerCase()}`, topic]),
  );
}
