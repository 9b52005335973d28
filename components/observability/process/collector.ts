import { dirname } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { PROGRAM } from "@plinth/local/observability/build.ts";
import type { ObservabilitySettings } from "@plinth/local/observability/settings.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { hashFiles, listFilesBelow } from "../../base/source-revision.ts";
import { processDefaults } from "../../process/defaults.ts";
import { resolveRedpandaSettings } from "../../redpanda/settings.ts";
import { createDashboards } from "../dashboards/dashboards.ts";
import { folderOf, loopback, type ProcessContext } from "./context.ts";
import { observedProcesses } from "./observed-processes.ts";

/** The collector of lines and spans, and the page, in one process. */
export function collectorProcess(context: ProcessContext): ProcessSpec {
  const directory = folderOf(context, "observability");
  const file = `${directory}/settings.json`;
  const revision = hashFiles(root, [...listFilesBelow("local"), "package-lock.json"]);
  const program = `${directory}/program-${revision}/${PROGRAM}`;
  const settings = collectorSettings(context, dirname(program));
  const { page, loki, otlp } = settings.ports;
  return {
    ...processDefaults(directory),
    command: process.execPath,
    // Without the second, a burst of lines leaves 40 MB more resident.
    args: ["--max-semi-space-size=2", "--optimize-for-size", program, file],
    files: { [file]: JSON.stringify(settings) },
    init: [
      {
        command: process.execPath,
        args: [`${root}/local/observability/build.ts`, dirname(program)],
        creates: program,
      },
    ],
    ports: { page, loki, otlp },
    ready: { kind: "http", port: page, path: "/health" },
    revision,
  };
}

/**
 * Addresses are known from the ports alone: this process starts before the servers that it
 * observes.
 */
function collectorSettings(context: ProcessContext, bundle: string): ObservabilitySettings {
  const { runtime, ports, profile, services, retention } = context;
  const at = (port: number) => `http://${loopback(port)}`;
  const { brokerPort, registryPort } = resolveRedpandaSettings({ runtime });
  return {
    stack: runtime.stack,
    directory: runtime.directory,
    data: folderOf(context, "observability"),
    page: `${bundle}/page`,
    ...(runtime.allowedHosts?.length && { allowedHosts: runtime.allowedHosts }),
    ports: { page: ports.page, loki: ports.loki, otlp: ports.otlp },
    stores: { logs: at(ports.logs), metrics: at(ports.metrics) },
    ...(profile === "full" && {
      jaeger: { otlp: at(ports.jaegerOtlp), query: at(ports.jaeger) },
      alertmanager: at(ports.alertmanager),
    }),
    brokers: `localhost:${brokerPort}`,
    registry: `http://localhost:${registryPort}`,
    processes: observedProcesses(context),
    dashboards: createDashboards(services),
    retention,
  };
}
