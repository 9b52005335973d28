import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "./engine.ts";

/** A resource in an exported state, as far as it is edited here. */
export interface ExportedResource {
  urn: string;
  type: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
}

export interface ExportedState {
  deployment: {
    resources?: ExportedResource[];
    pending_operations?: { resource: ExportedResource; type: string }[];
  };
}

/** Exports the state and imports what `edit` made of it; undefined leaves the state as it is. */
export async function editState(
  engine: Engine,
  edit: (state: ExportedState) => ExportedState | undefined,
): Promise<void> {
  const edited = edit(JSON.parse(await engine.capture("stack export")) as ExportedState);
  if (edited === undefined) return;
  const file = join(tmpdir(), `plinth-state-${process.pid}.json`);
  writeFileSync(file, JSON.stringify(edited), { mode: 0o600 });
  try {
    await engine.capture("stack import", "--file", file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** The resources without some of them, also where others depend on those. */
export function withoutResources(
  resources: readonly ExportedResource[],
  isDropped: (resource: ExportedResource) => boolean,
): ExportedResource[] {
  const dropped = new Set(resources.filter(isDropped).map(({ urn }) => urn));
  const keep = (urns: readonly string[] | null) => (urns ?? []).filter((urn) => !dropped.has(urn));
  return resources
    .filter(({ urn }) => !dropped.has(urn))
    .map((resource) => ({
      ...resource,
      ...(resource.dependencies && { dependencies: keep(resource.dependencies) }),
      ...(resource.propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(resource.propertyDependencies).map(([name, urns]) => [name, keep(urns)]),
        ),
      }),
    }));
}
