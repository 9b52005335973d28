import { kindOf, nameOf, specOf } from "@plinth/policy/manifest.ts";
import type { RecordedResource } from "../../cli/program/record.ts";
import type { Edge, Workload } from "./model.ts";
import { COMPONENT_PREFIX, isTopLevelComponent } from "./owners.ts";

interface RouteSpec {
  parentRefs?: { name: string }[];
  rules?: { backendRefs?: { name: string }[] }[];
}

/** Every edge of a stack, sorted. */
export function collectEdges(
  recorded: readonly RecordedResource[],
  owners: Map<RecordedResource, string>,
  workloads: Workload[],
): Edge[] {
  const connections = [...workloads.flatMap(usesEdges), ...groupEdges(workloads), ...routeEdges(recorded, owners)];
  const edges = [...connections, ...dependencyEdges(recorded, owners, componentLookup(workloads), connections)];
  return edges.sort((a, b) => (edgeKey(a) < edgeKey(b) ? -1 : 1));
}

function usesEdges({ name, uses }: Workload): Edge[] {
  return uses.map((to) => ({ from: name, to, kind: "uses" }));
}

function groupEdges(workloads: Workload[]): Edge[] {
  return workloads.flatMap(({ name, group }, index) =>
    workloads
      .slice(index + 1)
      .filter((other) => group !== undefined && other.group === group)
      .map((other): Edge => ({ from: name, to: other.name, kind: "group" })),
  );
}

/** From a gateway to the backends of its routes. */
function routeEdges(recorded: readonly RecordedResource[], owners: Map<RecordedResource, string>): Edge[] {
  const manifests = recorded.map((resource) => ({
    type: resource.type,
    name: resource.name,
    props: resource.inputs,
    owner: owners.get(resource),
  }));
  const gateways = new Map(
    manifests.filter((each) => kindOf(each) === "Gateway").map((each) => [nameOf(each), each.owner]),
  );
  return manifests
    .filter((each) => kindOf(each) === "HTTPRoute")
    .flatMap((route) => {
      const { parentRefs = [], rules = [] } = specOf<RouteSpec>(route);
      const to = rules.flatMap(({ backendRefs = [] }) => backendRefs.map(({ name }) => name));
      return parentRefs.flatMap((parent) =>
        to.map((name): Edge => ({ from: gateways.get(parent.name) ?? parent.name, to: name, kind: "uses" })),
      );
    });
}

/**
 * Between components that wait for each other without a connection. Left out: the namespace, which
 * every component waits for.
 */
function dependencyEdges(
  recorded: readonly RecordedResource[],
  owners: Map<RecordedResource, string>,
  box: (name: string) => string,
  connections: readonly Edge[],
): Edge[] {
  const place = new Set(
    recorded.filter(({ type }) => type === `${COMPONENT_PREFIX}PlatformNamespace`).map(({ name }) => name),
  );
  const byResource = new Map([...owners].map(([{ name }, owner]) => [name, owner]));
  const known = new Set(connections.map(({ from, to }) => `${box(from)} ${box(to)}`));
  const pairs = recorded.flatMap((resource) => {
    const from = isTopLevelComponent(resource) ? resource.name : owners.get(resource);
    return resource.dependencies.flatMap((name) =>
      from === undefined ? [] : [`${from} ${byResource.get(name) ?? ""}`],
    );
  });
  return [...new Set(pairs)]
    .map((pair) => pair.split(" ") as [string, string])
    .filter(
      ([from, to]) => to !== "" && from !== to && !place.has(from) && !place.has(to) && !known.has(`${from} ${to}`),
    )
    .map(([from, to]) => ({ from, to, kind: "after" }));
}

/** Looks up a workload's component; a component's name maps to itself. */
function componentLookup(workloads: readonly Workload[]): (name: string) => string {
  const boxes = new Map(workloads.map(({ name, component }) => [name, component]));
  return (name) => boxes.get(name) ?? name;
}

function edgeKey({ kind, from, to }: Edge): string {
  return `${["uses", "group", "after"].indexOf(kind)} ${from} ${to}`;
}
