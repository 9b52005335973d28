import type { Resource } from "../../model/resource.ts";

export interface Place {
  name: string;
  x: number;
  y: number;
}

export interface GraphLayout {
  places: Place[];
  edges: { from: string; to: string }[];
  width: number;
  height: number;
}

export const NODE = { width: 176, height: 46, gapX: 44, gapY: 12, margin: 8 };

/** Most nodes below each other; a layer with more has several columns. */
const MAX_ROWS = 12;

/** Layers from left to right: what uses others stands left of them. Circles are allowed. */
export function layOut(resources: readonly Pick<Resource, "name" | "uses">[]): GraphLayout {
  const known = new Map(resources.map((resource) => [resource.name, resource.uses]));
  const edges = resources.flatMap(({ name, uses }) =>
    [...new Set(uses)].filter((to) => known.has(to) && to !== name).map((to) => ({ from: name, to })),
  );
  const layers = groupByLayer(
    resources.map(({ name }) => name),
    edges,
  );
  order(layers, edges);
  return { ...place(layers), edges };
}

/** A node's layer is one more than that of the furthest node that uses it. */
function groupByLayer(names: readonly string[], edges: GraphLayout["edges"]): string[][] {
  const layer = new Map(names.map((name) => [name, 0]));
  // Each round settles one more layer at least. Circles have no end, so rounds are limited.
  for (let round = 0; round < Math.min(names.length, 8); round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const wanted = layer.get(from)! + 1;
      if (layer.get(to)! >= wanted || wanted > 6) continue;
      layer.set(to, wanted);
      moved = true;
    }
    if (!moved) break;
  }
  // A node that neither uses nor is used stands at the end.
  const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const last = Math.max(0, ...layer.values());
  const groups: string[][] = [];
  for (const name of names) {
    const index = linked.has(name) ? layer.get(name)! : last;
    groups[index] = [...(groups[index] ?? []), name];
  }
  return groups.filter((group) => group !== undefined);
}

/** Each layer by the mean place of its neighbours on the left: arrows cross less. */
function order(layers: string[][], edges: GraphLayout["edges"]): void {
  for (let index = 1; index < layers.length; index += 1) {
    const before = new Map(
      layers.slice(0, index).flatMap((layer) => layer.map((name, row) => [name, row / layer.length])),
    );
    const mean = (name: string): number => {
      const rows = edges.filter(({ to }) => to === name).flatMap(({ from }) => before.get(from) ?? []);
      return rows.length === 0 ? 1 : rows.reduce((sum, row) => sum + row, 0) / rows.length;
    };
    const means = new Map(layers[index]!.map((name) => [name, mean(name)]));
    layers[index]!.sort((a, b) => means.get(a)! - means.get(b)!);
  }
}

function place(layers: readonly string[][]): Omit<GraphLayout, "edges"> {
  const columns = layers.flatMap((layer) => {
    const count = Math.ceil(layer.length / MAX_ROWS);
    const rows = Math.ceil(layer.length / count);
    return Array.from({ length: count }, (_, index) => layer.slice(index * rows, (index + 1) * rows));
  });
  const tallest = Math.max(0, ...columns.map((column) => column.length));
  const step = NODE.height + NODE.gapY;
  const places = columns.flatMap((column, index) =>
    column.map((name, row) => ({
      name,
      x: NODE.margin + index * (NODE.width + NODE.gapX),
      y: NODE.margin + row * step + ((tallest - column.length) * step) / 2,
    })),
  );
  return {
    places,
    width: 2 * NODE.margin + columns.length * (NODE.width + NODE.gapX) - NODE.gapX,
    height: 2 * NODE.margin + tallest * step - NODE.gapY,
  };
}
