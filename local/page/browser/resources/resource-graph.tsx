import { useMemo, useState } from "preact/hooks";
import type { Resource } from "../../model/resource.ts";
import { Icon } from "../parts/icon.tsx";
import { layOut, NODE, type Place } from "./graph-layout.ts";
import { lookOf } from "./resource-state.ts";

interface ResourceGraphProps {
  resources: readonly Resource[];
  selected: string | undefined;
  select(name: string): void;
}

/** What runs, and what it uses: arrows go from left to right. */
export function ResourceGraph({ resources, selected, select }: ResourceGraphProps) {
  const shape = JSON.stringify(resources.map(({ name, uses }) => ({ name, uses })));
  const layout = useMemo(() => layOut(JSON.parse(shape) as Pick<Resource, "name" | "uses">[]), [shape]);
  const [pointed, setPointed] = useState<string>();
  const focus = pointed ?? selected;
  const places = new Map(layout.places.map((place) => [place.name, place]));
  const near = new Set(
    layout.edges.filter(({ from, to }) => from === focus || to === focus).flatMap(({ from, to }) => [from, to]),
  );
  return (
    <div class="graph-scroll">
      <div class="graph" style={{ width: `${layout.width}px`, height: `${layout.height}px` }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {layout.edges.map(({ from, to }) => (
            <path
              key={`${from} ${to}`}
              class={focus === undefined ? "" : from === focus || to === focus ? "near" : "far"}
              d={curve(places.get(from)!, places.get(to)!)}
            />
          ))}
        </svg>
        {resources.map((resource) => (
          <GraphNode
            key={resource.name}
            resource={resource}
            place={places.get(resource.name)}
            isSelected={resource.name === selected}
            isFar={focus !== undefined && near.size > 0 && !near.has(resource.name) && resource.name !== focus}
            point={setPointed}
            select={select}
          />
        ))}
      </div>
    </div>
  );
}

interface GraphNodeProps {
  resource: Resource;
  place: Place | undefined;
  isSelected: boolean;
  isFar: boolean;
  point(name: string | undefined): void;
  select(name: string): void;
}

function GraphNode({ resource, place, isSelected, isFar, point, select }: GraphNodeProps) {
  if (place === undefined) return null;
  const look = lookOf(resource.state);
  return (
    <button
      type="button"
      class={`node ${look.tone} ${isFar ? "far" : ""}`}
      aria-pressed={isSelected}
      style={{
        transform: `translate(${place.x}px, ${place.y}px)`,
        width: `${NODE.width}px`,
        height: `${NODE.height}px`,
      }}
      onMouseEnter={() => point(resource.name)}
      onMouseLeave={() => point(undefined)}
      onClick={() => select(resource.name)}
    >
      <Icon name={look.icon} />
      <span>
        <strong title={resource.name}>{resource.name}</strong>
        <small>
          {resource.kind} · {look.text}
          {resource.restarts > 0 && ` · ${resource.restarts}×`}
        </small>
      </span>
    </button>
  );
}

function curve(from: Place, to: Place): string {
  const middle = NODE.height / 2;
  const isForward = to.x > from.x;
  const startX = from.x + (isForward ? NODE.width : NODE.width / 2);
  const startY = isForward ? from.y + middle : from.y + NODE.height;
  const endX = to.x + (isForward ? 0 : NODE.width / 2);
  const endY = isForward ? to.y + middle : to.y;
  const bend = isForward ? Math.max(24, (endX - startX) / 2) : 0;
  return `M${startX},${startY}C${startX + bend},${startY} ${endX - bend},${endY} ${endX},${endY}`;
}
