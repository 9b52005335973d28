import { nameOf } from "@plinth/policy/manifest.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { findAutoscalers, replicaRange } from "@plinth/policy/scaling.ts";
import { readWorkload } from "@plinth/policy/workload.ts";
import type { RecordedResource } from "../../cli/program/record.ts";
import type { Workload } from "./model.ts";

const USES_LABEL = "plinth.dev/uses-";

/** All workloads of a stack, sorted by name. */
export function collectWorkloads(
  recorded: readonly RecordedResource[],
  owners: Map<RecordedResource, string>,
): Workload[] {
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
      const replicas = min === max ? `${min}` : `${min}–${max}`;
      const count = workload.kind === "DaemonSet" ? "each node" : replicas;
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
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isProcess({ type }: RecordedResource): boolean {
  return type.endsWith(":Process");
}
