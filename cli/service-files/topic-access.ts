import { type CatalogEntry, catalog } from "@plinth/schemas/catalog.ts";
import type { ServiceDescriptor } from "../../components/service/descriptor.ts";

/**
 * Why a service may not touch a topic as it says, each with what to do. A topic that the catalogue
 * lacks is refused before: by the descriptor's own rules.
 */
export function topicAccessErrors(
  { name, topics }: Pick<ServiceDescriptor, "name" | "topics">,
  entries: readonly CatalogEntry[] = catalog,
): string[] {
  const entryOf = (topic: string) => entries.find((entry) => entry.topic === topic)!;
  const foreign = topics.produces
    .map(entryOf)
    .filter(({ owner, tier }) => owner !== name && tier !== "system")
    .map(
      ({ topic, owner }) => `it produces ${topic}, which ${owner} owns: add a topic of its own to schemas/catalog.ts`,
    );
  const undeclared = topics.consumes
    .map(entryOf)
    .filter(({ consumers, tier }) => !consumers.includes(name) && tier !== "system")
    .map(
      ({ topic }) =>
        `it consumes ${topic}: add '${name}' to that topic's consumers in schemas/catalog.ts, so that it has a dead-letter topic`,
    );
  return [...foreign, ...undeclared];
}
