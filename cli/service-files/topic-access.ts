import { type CatalogEntry, catalog } from "@plinth/schemas/catalog.ts";
import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";

/**
 * Topics that a service may not use as its descriptor says, each with what to do. The descriptor's
 * rules have refused topics that the catalogue lacks.
 */
export function topicAccessErrors(
  { name, topics }: Pick<ServiceDescriptor, "name" | "topics">,
  entries: readonly CatalogEntry[] = catalog,
): string[] {
  const entryOf = (topic: string) => entries.find((entry) => entry.topic === topic)!;
  const foreign = topics.produces
    .map(entryOf)
    .filter(({ owner, tier }) => owner !== name && tier !== "system")
    .map(({ topic, owner }) => `it produces ${topic}, which ${owner} owns: add another topic to schemas/catalog.ts`);
  const undeclared = topics.consumes
    .map(entryOf)
    .filter(({ consumers, tier }) => !consumers.includes(name) && tier !== "system")
    .map(
      ({ topic }) =>
        `it consumes ${topic}: add '${name}' to that topic's consumers in schemas/catalog.ts, which gives it a dead-letter topic`,
    );
  return [...foreign, ...undeclared];
}
