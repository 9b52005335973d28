import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VictoriaLogs } from "@plinth/local/collector/store/victoria-logs.ts";
import { findObservabilityProgram } from "@plinth/local/locations.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../eventually.ts";

/** A real log store on a free port, with data of its own. */
export interface LogStore {
  url: string;
  client: VictoriaLogs;
  pid(): number;
  /** Ends it by SIGKILL, like a crash. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLogStore(): Promise<LogStore> {
  const [port, folder] = [await findFreePort(), mkdtempSync(join(tmpdir(), "victoria-logs-"))];
  const url = `http://127.0.0.1:${port}`;
  const command = findObservabilityProgram("victoria-logs")!;
  const args = [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    "-loggerLevel=WARN",
    "-inmemoryDataFlushInterval=1s",
  ];
  let child: ChildProcess;
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  const start = async () => {
    child = spawn(command, args, { stdio: "ignore" });
    await eventually("the log store is ready", () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  };
  await start();
  return {
    url,
    client: new VictoriaLogs(url),
    pid: () => child.pid!,
    kill: () => end("SIGKILL"),
    start,
    async stop() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
