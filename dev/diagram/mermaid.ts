import type { Component, Edge, StackModel, Workload } from "./model.ts";

const edgeSymbols: Record<Edge["kind"], string> = { uses: "-->", group: "---", after: "-.->" };

/** Draws components, their workloads and their dependencies as a Mermaid flowchart. */
export function renderMermaid({ components, edges, location }: StackModel): string {
  // Every component is in the namespace, so its box would only surround the others.
  const drawn = components.filter(({ type }) => type !== "PlatformNamespace");
  const workloads = new Set(drawn.flatMap((box) => box.workloads.map(({ name }) => name)));
  // A component of one workload shares its shape. A component and a workload may have one name.
  const ids = new Map(
    drawn.map(({ name, workloads: [only, ...more] }) => [
      name,
      only && more.length === 0 ? only.name : `${name}-component`,
    ]),
  );
  const box = (name: string) => ids.get(name) ?? name;
  const lines = [
    `subgraph stack["${location}"]`,
    ...drawn.flatMap((each) => renderComponent(each, box)).map(indent),
    "end",
  ];
  const end = (name: string, kind: Edge["kind"]) => (kind !== "after" && workloads.has(name) ? name : box(name));
  const links = edges.map(({ from, to, kind }) => `${end(from, kind)} ${edgeSymbols[kind]} ${end(to, kind)}`);
  return ["```mermaid", "flowchart LR", ...[...lines, ...new Set(links)].map(indent), "```"].join("\n");
}

function renderComponent({ name, type, workloads }: Component, id: (name: string) => string): string[] {
  const [only, ...more] = workloads;
  if (only === undefined) return [`${id(name)}(["${name}<br/>${type}"])`];
  if (more.length === 0) return [renderWorkload(only, `<br/>${type}`)];
  return [
    `subgraph ${id(name)}["${type} ${name}"]`,
    ...workloads.map((each) => indent(renderWorkload(each, ""))),
    "end",
  ];
}

function renderWorkload({ name, kind, count }: Workload, more: string): string {
  const text = `"${name}${kind === "Process" ? "" : ` × ${count}`}${more}"`;
  return kind === "StatefulSet" ? `${name}[(${text})]` : `${name}[${text}]`;
}

function indent(line: string): string {
  return `  ${line}`;
}
