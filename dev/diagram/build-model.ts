import { nameOf } from "@plinth/policy/manifest.ts";
import type { RecordedResource } from "../../cli/program/record.ts";
import { collectEdges } from "./edges.ts";
import type { Component, StackModel } from "./model.ts";
import { COMPONENT_PREFIX, isTopLevelComponent, topLevelOwners } from "./owners.ts";
import { collectWorkloads } from "./workloads.ts";

/** Builds the model from the resources that a stack's program registers. */
export function buildStackModel(recorded: readonly RecordedResource[]): StackModel {
  const owners = topLevelOwners(recorded);
  const workloads = collectWorkloads(recorded, owners);
  const components = recorded.filter(isTopLevelComponent).map(({ name, type }): Component => {
    const resourceCounts = new Map<string, number>();
    for (const resource of recorded.filter(
      (each) => owners.get(each) === name && !each.type.startsWith(COMPONENT_PREFIX),
    ))
      resourceCounts.set(shortType(resource), (resourceCounts.get(shortType(resource)) ?? 0) + 1);
    const contained = workloads.filter(({ component }) => component === name);
    return {
      name,
      type: type.slice(COMPONENT_PREFIX.length),
      workloads: contained,
      resourceCounts: new Map([...resourceCounts].sort()),
    };
  });
  return {
    location: describeLocation(recorded),
    components: components.sort((a, b) => (a.name < b.name ? -1 : 1)),
    edges: collectEdges(recorded, owners, workloads),
  };
}

function describeLocation(recorded: readonly RecordedResource[]): string {
  const place = recorded.find(({ type }) => type === `${COMPONENT_PREFIX}PlatformNamespace`);
  const namespace = recorded.find(
    ({ type, parent }) => type === "kubernetes:core/v1:Namespace" && parent === place?.name,
  );
  return namespace === undefined
    ? "processes of this machine"
    : `pods of namespace ${nameOf({ ...namespace, props: namespace.inputs })}`;
}

/** `StatefulSet` for `kubernetes:apps/v1:StatefulSet`. */
function shortType({ type }: RecordedResource): string {
  return type.startsWith("pulumi:providers:") ? "Provider" : type.split(":").at(-1)!;
}
