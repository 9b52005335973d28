import type { RecordedResource } from "../../cli/program/record.ts";

/** Type prefix of the platform's components. */
export const COMPONENT_PREFIX = "plinth:platform:";

/** Whether it is a component without a parent. */
export function isTopLevelComponent({ type, parent }: RecordedResource): boolean {
  return type.startsWith(COMPONENT_PREFIX) && parent === undefined;
}

/**
 * The top-level component of each resource that has one. A nested component may share its parent's
 * name.
 */
export function topLevelOwners(recorded: readonly RecordedResource[]): Map<RecordedResource, string> {
  const topLevel = new Set(recorded.filter(isTopLevelComponent).map(({ name }) => name));
  const parents = new Map(
    recorded.flatMap(({ name, parent, type }) => (parent && type.startsWith(COMPONENT_PREFIX) ? [[name, parent]] : [])),
  );
  const climb = (name: string | undefined): string | undefined =>
    name === undefined || topLevel.has(name) ? name : climb(parents.get(name));
  return new Map(
    recorded.flatMap((resource) => {
      const owner = climb(resource.parent);
      return owner === undefined ? [] : [[resource, owner]];
    }),
  );
}
