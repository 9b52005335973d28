import { kindOf, nameOf, specOf } from "@plinth/policy/manifest.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { findAutoscalers, replicaRange } from "@plinth/policy/scaling.ts";
import { readWorkload } from "@plinth/policy/workload.ts";
import type { RecordedResource } from "../../cli/program/record.ts";

/** A process, or pods of one template. */
export interface Workload {
  name: string;
  /** `Process`, or the Kubernetes kind. */
  kind: string;
  /** How many, as in "1" or, with an autoscaler, "3–12". */
  count: string;
  /** The top-level component that it belongs to. */
  component: string;
  /** Names of the workloads that it declares as dependencies. */
  uses: string[];
  /** Shared by the workloads of one distributed system. */
  group?: string;
}

/** A component without a parent. */
export interface Component {
  name: string;
  /** Its class, as in "CitusCluster". */
  type: string;
  workloads: Workload[];
  /** Number of its resources by kind, without nested components. */
  resourceCounts: Map<string, number>;
}

/** `uses`: connects to. `group`: forms one system with. `after`: is created after. */
export interface Edge {
  from: string;
  to: string;
  kind: "uses" | "group" | "after";
}

export interface StackModel {
  /** Where the stack runs, for people. */
  location: string;
  /** Sorted by name. */
  components: Component[];
  edges: Edge[];
}

interface RouteSpec {
  parentRefs?: { name: string }[];
  rules?: { backendRefs?: { name: string }[] }[];
}

const COMPONENT_PREFIX = "plinth:platform:";
const USES_LABEL = "plinth.dev/uses-";

/** Builds the model from the resources that a stack's program registers. */
export function buildStackModel(recorded: readonly RecordedResource[]): StackModel {
  const owners = topLevelOwners(recorded);
  const workloads = collectWorkloads(recorded, owners);
  const boxes = recorded.filter(isTopLevelComponent).map(({ name, type }): Component => {
    const resourceCounts = new Map<string, number>();
    for (const resource of recorded.filter(
      (each) => owners.get(each) === name && !each.type.startsWith(COMPONENT_PREFIX),
    ))
      resourceCounts.set(shortType(resource), (resourceCounts.get(shortType(resource)) ?? 0) + 1);
    const own = workloads.filter(({ component }) => component === name);
    return {
      name,
      type: type.slice(COMPONENT_PREFIX.length),
      workloads: own,
      resourceCounts: new Map([...resourceCounts].sort()),
    };
  });
  const connections = [...workloads.flatMap(usesEdges), ...groupEdges(workloads), ...routeEdges(recorded, owners)];
  const arrows = [...connections, ...dependencyEdges(recorded, owners, componentLookup(workloads), connections)];
  return {
    location: describeLocation(recorded),
    components: boxes.sort(byName),
    edges: arrows.sort((a, b) => (edgeKey(a) < edgeKey(b) ? -1 : 1)),
  };
}

function describeLocation(recorded: readonly RecordedResource[]): string {
  const namespace = recorded.find(({ type }) => type === "kubernetes:core/v1:Namespace");
  return namespace === undefined
    ? "processes of this machine"
    : `pods of namespace ${nameOf({ ...namespace, props: namespace.inputs })}`;
}

function isTopLevelComponent({ type, parent }: RecordedResource): boolean {
  return type.startsWith(COMPONENT_PREFIX) && parent === undefined;
}

/**
 * The top-level component of each resource that has one. A nested component may share its parent's
 * name.
 */
function topLevelOwners(recorded: readonly RecordedResource[]): Map<RecordedResource, string> {
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

function collectWorkloads(recorded: readonly RecordedResource[], owners: Map<RecordedResource, string>): Workload[] {
  const declared = new Map(
    recorded.map((resource) => [resource, { type: resource.type, name: resource.name, props: resource.inputs }]),
  );
  const scalers = findAutoscalers([...declared.values()]);
  const processes = new Map(recorded.filter(isProcess).map(({ name, inputs }) => [name, String(inputs.process)]));
  return recorded
    .flatMap((resource): Workload[] => {
      const box = owners.get(resource) ?? "";
      if (isProcess(resource)) {
        const uses = resource.dependencies.flatMap((name) => processes.get(name) ?? []);
        return [{ name: String(resource.inputs.process), kind: "Process", count: "1", component: box, uses }];
      }
      const manifest: DeclaredResource = declared.get(resource)!;
      const workload = readWorkload(manifest);
      if (workload === undefined) return [];
      const { min, max } = replicaRange(workload, scalers);
      const labels = workload.metadata.labels ?? {};
      const uses = Object.keys(labels).flatMap((label) =>
        label.startsWith(USES_LABEL) ? label.slice(USES_LABEL.length) : [],
      );
      const group = labels["plinth.dev/group"];
      const count = min === max ? `${min}` : `${min}–${max}`;
      return [
        {
          name: nameOf(manifest),
          kind: workload.kind,
          count,
          component: box,
          uses,
          ...(group !== undefined && { group }),
        },
      ];
    })
    .sort(byName);
}

function isProcess({ type }: RecordedResource): boolean {
  return type.endsWith(":Process");
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

/** `StatefulSet` for `kubernetes:apps/v1:StatefulSet`. */
function shortType({ type }: RecordedResource): string {
  return type.startsWith("pulumi:providers:") ? "Provider" : type.split(":").at(-1)!;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function edgeKey({ kind, from, to }: Edge): string {
  return `${["uses", "group", "after"].indexOf(kind)} ${from} ${to}`;
}
