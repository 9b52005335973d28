import { findObservabilityProgram } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { processDefaults } from "../../../components/process/defaults.ts";
import { pathInFolder, type Server, startServer } from "./servers.ts";

/** A real VictoriaMetrics that scrapes nothing, and a vmalert on it that evaluates `rules`. */
export async function startMetricStore(rules: object): Promise<{ metrics: Server; vmalert: Server }> {
  const [port, alertPort] = [await findFreePort(), await findFreePort()];
  const url = `http://127.0.0.1:${port}`;
  const metrics = await startServer(
    "victoria-metrics",
    program("victoria-metrics", port, [
      "-search.latencyOffset=0s",
      `-vmalert.proxyURL=http://127.0.0.1:${alertPort}`,
      `-storageDataPath=${pathInFolder("victoria-metrics")}/data`,
    ]),
    port,
    url,
  );
  const file = `${pathInFolder("vmalert")}/rules.yml`;
  const stores = ["datasource", "remoteWrite", "remoteRead"].map((name) => `-${name}.url=${url}`);
  const options = ["-evaluationInterval=1s", "-rule.evalDelay=0s", "-remoteWrite.flushInterval=200ms"];
  const spec = program("vmalert", alertPort, [`-rule=${file}`, ...stores, ...options, "-notifier.blackhole"]);
  const withRules = { ...spec, files: { [file]: JSON.stringify(rules) } };
  return { metrics, vmalert: await startServer("vmalert", withRules, alertPort, `http://127.0.0.1:${alertPort}`) };
}

function program(name: "victoria-metrics" | "vmalert", port: number, args: string[]): ProcessSpec {
  return {
    ...processDefaults(pathInFolder(name)),
    command: findObservabilityProgram(name)!,
    args: [`-httpListenAddr=127.0.0.1:${port}`, "-loggerLevel=WARN", ...args],
    ports: { http: port },
    ready: { kind: "http", port, path: "/health" },
  };
}
