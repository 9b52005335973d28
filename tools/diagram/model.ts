import { kindOf, nameOf, specOf } from "@plinth/policy/manifest.ts";
import type { Declared } from "@plinth/policy/policy.ts";
import { podRange, scalersIn } from "@plinth/policy/scaling.ts";
import { workload } from "@plinth/policy/workload.ts";
import type { Recorded } from "../record.ts";

/** What runs: a process, or pods that are alike. */
export interface Workload {
  name: string;
  /** `Process`, or the Kubernetes kind. */
  kind: string;
  /** How many of them, as in "1" or, where the load decides, "3–12". */
  count: string;
  /** The component of the program's first level that it belongs to. */
  box: string;
  /** Names of what it connects to, by what it declares. */
  uses: string[];
  /** Those that form one distributed system have the same. */
  group?: string;
}

/** A component of the program's first level. */
export interface Box {
  name: string;
  /** Its class, as in "CitusCluster". */
  type: string;
  workloads: Workload[];
  /** How many resources of each kind it is made of; components within it do not count. */
  parts: Map<string, number>;
}

/** `uses`: connects to. `group`: forms one system with. `after`: is made when the other is there. */
export interface Arrow {
  from: string;
  to: string;
  kind: "uses" | "group" | "after";
}

export interface Model {
  /** Where it all runs, for people. */
  place: string;
  /** By name, whatever the order in which the program registered them. */
  boxes: Box[];
  arrows: Arrow[];
}

interface RouteSpec {
  parentRefs?: { name: string }[];
  rules?: { backendRefs?: { name: string }[] }[];
}

const COMPONENT = "plinth:platform:";
const USES = "plinth.dev/uses-";

/** Components, what runs in them and who depends on whom, from what a stack's program registers. */
export function modelOf(recorded: readonly Recorded[]): Model {
  const owners = ownersIn(recorded);
  const workloads = workloadsIn(recorded, owners);
  const boxes = recorded.filter(isBox).map(({ name, type }): Box => {
    const parts = new Map<string, number>();
    for (const resource of recorded.filter((each) => owners.get(each) === name && !each.type.startsWith(COMPONENT)))
      parts.set(shortType(resource), (parts.get(shortType(resource)) ?? 0) + 1);
    const own = workloads.filter(({ box }) => box === name);
    return { name, type: type.slice(COMPONENT.length), workloads: own, parts: new Map([...parts].sort()) };
  });
  const connections = [...workloads.flatMap(usesOf), ...groupsOf(workloads), ...routesIn(recorded, owners)];
  const arrows = [...connections, ...waitsIn(recorded, owners, boxOf(workloads), connections)];
  return { place: placeOf(recorded), boxes: boxes.sort(byName), arrows: arrows.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

function placeOf(recorded: readonly Recorded[]): string {
  const namespace = recorded.find(({ type }) => type === "kubernetes:core/v1:Namespace");
  return namespace === undefined ? "processes of this machine" : `pods of namespace ${nameOf({ ...namespace, props: namespace.inputs })}`;
}

function isBox({ type, parent }: Recorded): boolean {
  return type.startsWith(COMPONENT) && parent === undefined;
}

/** The component of the first level that each resource belongs to, or nothing. A component within one may have the same name as it. */
function ownersIn(recorded: readonly Recorded[]): Map<Recorded, string> {
  const first = new Set(recorded.filter(isBox).map(({ name }) => name));
  const parents = new Map(recorded.flatMap(({ name, parent, type }) => (parent && type.startsWith(COMPONENT) ? [[name, parent]] : [])));
  const climb = (name: string | undefined): string | undefined => (name === undefined || first.has(name) ? name : climb(parents.get(name)));
  return new Map(
    recorded.flatMap((resource) => {
      const owner = climb(resource.parent);
      return owner === undefined ? [] : [[resource, owner]];
    }),
  );
}

function workloadsIn(recorded: readonly Recorded[], owners: Map<Recorded, string>): Workload[] {
  const declared = new Map(recorded.map((resource) => [resource, { type: resource.type, name: resource.name, props: resource.inputs }]));
  const scalers = scalersIn([...declared.values()]);
  const processes = new Map(recorded.filter(isProcess).map(({ name, inputs }) => [name, String(inputs.process)]));
  return recorded
    .flatMap((resource): Workload[] => {
      const box = owners.get(resource) ?? "";
      if (isProcess(resource)) {
        const uses = resource.dependencies.flatMap((name) => processes.get(name) ?? []);
        return [{ name: String(resource.inputs.process), kind: "Process", count: "1", box, uses }];
      }
      const manifest: Declared = declared.get(resource)!;
      const found = workload(manifest);
      if (found === undefined) return [];
      const { min, max } = podRange(found, scalers);
      const labels = found.metadata.labels ?? {};
      const uses = Object.keys(labels).flatMap((label) => (label.startsWith(USES) ? label.slice(USES.length) : []));
      const group = labels["plinth.dev/group"];
      const count = min === max ? `${min}` : `${min}–${max}`;
      return [{ name: nameOf(manifest), kind: found.kind, count, box, uses, ...(group !== undefined && { group }) }];
    })
    .sort(byName);
}

function isProcess({ type }: Recorded): boolean {
  return type.endsWith(":Process");
}

function usesOf({ name, uses }: Workload): Arrow[] {
  return uses.map((to) => ({ from: name, to, kind: "uses" }));
}

function groupsOf(workloads: Workload[]): Arrow[] {
  return workloads.flatMap(({ name, group }, index) =>
    workloads
      .slice(index + 1)
      .filter((other) => group !== undefined && other.group === group)
      .map((other): Arrow => ({ from: name, to: other.name, kind: "group" })),
  );
}

/** From a gateway to what its routes lead to. */
function routesIn(recorded: readonly Recorded[], owners: Map<Recorded, string>): Arrow[] {
  const manifests = recorded.map((resource) => ({
    type: resource.type,
    name: resource.name,
    props: resource.inputs,
    owner: owners.get(resource),
  }));
  const gateways = new Map(manifests.filter((each) => kindOf(each) === "Gateway").map((each) => [nameOf(each), each.owner]));
  return manifests
    .filter((each) => kindOf(each) === "HTTPRoute")
    .flatMap((route) => {
      const { parentRefs = [], rules = [] } = specOf<RouteSpec>(route);
      const to = rules.flatMap(({ backendRefs = [] }) => backendRefs.map(({ name }) => name));
      return parentRefs.flatMap((parent) =>
        to.map((name): Arrow => ({ from: gateways.get(parent.name) ?? parent.name, to: name, kind: "uses" })),
      );
    });
}

/** Between components of which one waits for the other without connecting to it. What everything waits for, the place itself, is left out. */
function waitsIn(
  recorded: readonly Recorded[],
  owners: Map<Recorded, string>,
  box: (name: string) => string,
  connections: readonly Arrow[],
): Arrow[] {
  const place = new Set(recorded.filter(({ type }) => type === `${COMPONENT}PlatformNamespace`).map(({ name }) => name));
  const byResource = new Map([...owners].map(([{ name }, owner]) => [name, owner]));
  const known = new Set(connections.map(({ from, to }) => `${box(from)} ${box(to)}`));
  const pairs = recorded.flatMap((resource) => {
    const from = isBox(resource) ? resource.name : owners.get(resource);
    return resource.dependencies.flatMap((name) => (from === undefined ? [] : [`${from} ${byResource.get(name) ?? ""}`]));
  });
  return [...new Set(pairs)]
    .map((pair) => pair.split(" ") as [string, string])
    .filter(([from, to]) => to !== "" && from !== to && !place.has(from) && !place.has(to) && !known.has(`${from} ${to}`))
    .map(([from, to]) => ({ from, to, kind: "after" }));
}

/** The component that a workload is in; components are in themselves. */
function boxOf(workloads: readonly Workload[]): (name: string) => string {
  const boxes = new Map(workloads.map(({ name, box }) => [name, box]));
  return (name) => boxes.get(name) ?? name;
}

/** `kubernetes:apps/v1:StatefulSet` is a StatefulSet, `random:index/randomPassword:RandomPassword` a RandomPassword. */
function shortType({ type }: Recorded): string {
  return type.startsWith("pulumi:providers:") ? "Provider" : type.split(":").at(-1)!;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function key({ kind, from, to }: Arrow): string {
  return `${["uses", "group", "after"].indexOf(kind)} ${from} ${to}`;
}
