import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../locations.ts";
import { openLog } from "./logs.ts";

const SUPERVISOR_PROGRAM = join(import.meta.dirname, "main.ts");

export interface SpawnedSupervisor {
  pid: number | undefined;
  hasFailed: () => boolean;
  /** Ends it; resolves when it has ended. */
  stop: () => Promise<void>;
}

/** Starts the supervisor of `directory`, detached. Its output goes to `log`. */
export function spawnSupervisor(directory: string, log: string, hold: boolean): SpawnedSupervisor {
  const output = openLog(log);
  // Node keeps compiled code in the user's cache, so that the type stripper (20 MB) is loaded only
  // the first time.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(cacheDirectory(), "node-compile-cache");
  const names = [
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "PLINTH_SUPERVISOR_IDLE_MS",
    "PLINTH_LOG_BYTES",
  ];
  const inherited = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=1", SUPERVISOR_PROGRAM, directory, ...(hold ? ["hold"] : [])],
    {
      cwd: "/",
      // Not the engine's whole environment: its passphrase must not stay in a process that outlives
      // it.
      env: { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: cache },
      detached: true,
      stdio: ["ignore", output, output],
    },
  );
  closeSync(output);
  child.unref();
  let failed = false;
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => {
      failed = true;
      resolve();
    });
    child.once("exit", (code) => {
      failed = code !== 0;
      resolve();
    });
  });
  return {
    pid: child.pid,
    hasFailed: () => failed,
    stop: () => {
      child.ref();
      child.kill();
      return ended;
    },
  };
}
