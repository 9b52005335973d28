import { UserError } from "@plinth/local/user-error.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { listPodStates } from "../stack/pods.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";
import { type Check, checkProcesses } from "./checks.ts";

/**
 * `make check-monitoring-health`: sends a line and a span through the stack and looks for them, and
 * checks scrapes and alerts. Exit code 1 when something is missing.
 */
await main(async (stack) => {
  if (!readStackFile(stack).observability.enabled)
    throw new UserError(`Stack '${stack}' has no logs, metrics and traces. Type: make obs-up`);
  const location = await readStackLocation(stack);
  const checks = "context" in location ? await checkPods(location) : await checkProcesses(location.directory);
  console.log(
    formatTable(
      ["what", "state", "detail"],
      checks.map(({ what, ok, detail }) => [what, ok ? "ok" : "failed", detail]),
    ),
  );
  return checks.length > 0 && checks.every(({ ok }) => ok) ? 0 : 1;
});

/** Pods of the component, by the names of its workloads. */
async function checkPods(location: { context: string; namespace: string }): Promise<Check[]> {
  const pods = await listPodStates(location);
  return pods
    .filter(({ name }) => WORKLOADS.test(name))
    .map(({ name, ready, state }) => ({ what: name, ok: ready, detail: state }));
}

const WORKLOADS = /^(loki|alloy|prometheus|alertmanager|tempo|grafana|kube-state-metrics|node-exporter)-/;
