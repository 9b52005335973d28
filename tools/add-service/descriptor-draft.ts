import { catalog, type Topic } from "@plinth/schemas/catalog.ts";
import type { LocatedService, Need, ServiceDescriptor } from "../../components/descriptor.ts";
import { isListOf } from "../../components/fields.ts";
import { sizes } from "../../components/sizes.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Options } from "./options.ts";
import { choosePort } from "./ports.ts";
import type { Program } from "./program.ts";

export interface DraftInputs {
  name: string;
  program: Program;
  endpoints: Endpoints;
  options: Options;
  /** Those that are there, for the ports that they have. */
  services: readonly LocatedService[];
  /** First paragraph of its README, where it has one. */
  about: string | undefined;
  /** Version of the template of its Dockerfile; undefined: it has one of its own. */
  template: { name: string; version: number } | undefined;
}

/** A service as its files and the options describe it. Throws one sentence for an option that names no port, need or topic that there is. */
export function draftDescriptor({ name, program, endpoints, options, services, about, template }: DraftInputs): ServiceDescriptor {
  const { live, ready, metrics, openapi } = endpoints;
  const produces = topicsOf("PRODUCES", options.produces);
  const consumes = topicsOf("CONSUMES", options.consumes);
  // Who touches topics needs the broker and the registry of their schemas.
  const implied: Need[] = produces.length + consumes.length > 0 ? ["broker", "registry"] : [];
  const needs = (options.needs as Need[] | undefined) ?? [...new Set([...endpoints.needs, ...implied])];
  return {
    name,
    description:
      program.description || about || `A service in ${{ node: "Node", go: "Go", python: "Python", php: "PHP" }[program.language]}`,
    port: choosePort(services, name, options.port ?? endpoints.fixedPort),
    command: program.command,
    ...(program.build.length > 0 && { build: program.build }),
    probes: { live, ready },
    metrics,
    openapi,
    needs,
    topics: { produces, consumes },
    ...(consumes.length > 0 && { groups: groupsOf(name, consumes) }),
    tenant: (options.tenant as ServiceDescriptor["tenant"] | undefined) ?? endpoints.tenant,
    resources: { development: sizes.development.service.resources, production: sizes.production.service.resources },
    ...(template && { template }),
  };
}

function topicsOf(variable: string, given: readonly string[] = []): Topic[] {
  const known = catalog.map(({ topic }) => topic);
  if (isListOf(given, known)) return [...given] as Topic[];
  const unknown = given.filter((topic) => !known.includes(topic as Topic));
  throw new Error(
    `${variable}: the catalogue has no topic ${unknown.join(", ")}; it has ${known.join(", ")}. A new one begins as an entry of schemas/catalog.ts with its schema beside it`,
  );
}

/** One for each topic: a group that reads two is behind on neither alone. */
function groupsOf(name: string, consumes: readonly Topic[]): Record<string, Topic> {
  return Object.fromEntries(consumes.map((topic) => [consumes.length === 1 ? name : `${name}-${topic.toLowerCase()}`, topic]));
}
