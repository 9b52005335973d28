import type { Resource } from "../../model/resource.ts";
import { Badge } from "../parts/badge.tsx";
import { formatAge, formatBytes, formatCpu } from "../parts/format.ts";
import { useNow } from "../parts/use-now.ts";
import { Endpoints } from "./endpoints.tsx";
import { lookOf } from "./resource-state.ts";

interface ResourceListProps {
  resources: readonly Resource[];
  selected: string | undefined;
  select(name: string): void;
}

export function ResourceList({ resources, selected, select }: ResourceListProps) {
  const now = useNow(5_000);
  return (
    <div class="table-scroll">
      <table class="choosable resources">
        <thead>
          <tr>
            <th>Name</th>
            <th>State</th>
            <th class="hide-narrow">Since</th>
            <th>Endpoints</th>
            <th class="number hide-narrow">Restarts</th>
            <th class="number hide-narrow">CPU</th>
            <th class="number hide-narrow">Memory</th>
            <th class="hide-narrow">Last exit</th>
          </tr>
        </thead>
        <tbody>
          {resources.map((resource) => (
            <tr key={resource.name} aria-selected={resource.name === selected}>
              <td>
                <button type="button" class="link" onClick={() => select(resource.name)}>
                  {resource.name}
                </button>{" "}
                <small class="muted">{resource.kind}</small>
              </td>
              <td>
                <Badge {...lookOf(resource.state)} />
              </td>
              <td class="hide-narrow">{formatAge(new Date(resource.since).getTime(), now)}</td>
              <td>
                <Endpoints resource={resource} />
              </td>
              <td class="number hide-narrow">{resource.restarts === 0 ? "–" : resource.restarts}</td>
              <td class="number hide-narrow">{formatCpu(resource.cpu)}</td>
              <td class="number hide-narrow">{resource.memory === undefined ? "–" : formatBytes(resource.memory)}</td>
              <td class="hide-narrow">{resource.lastExit ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
