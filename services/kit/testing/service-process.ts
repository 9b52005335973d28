import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "./wait-until.ts";

export interface ServiceProcessSettings {
  /**
   * As in the service's descriptor: a program and its arguments. `node` is the one that runs the
   * test.
   */
  command: readonly string[];
  /** @default the test's own */
  cwd?: string;
  /** Of the test's own environment only PATH is passed on. */
  environment: Readonly<Record<string, string>>;
  /** That the service listens on; also given to it as PORT. */
  port: number;
  /** Path that answers once the process is alive. @default "/health" */
  livePath?: string;
}

/** A service in a process of its own, as the platform runs it: one that can be killed. */
export interface ServiceProcess {
  baseUrl: string;
  /** Of the run that there is, or was. */
  pid(): number;
  /** Lines of its standard output, of all runs so far. */
  lines: string[];
  /**
   * Resolves once it is alive, which is before it is ready. Again after it has ended: on the same
   * port.
   */
  start(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Not yet started. */
export function createServiceProcess({
  command,
  cwd,
  environment,
  port,
  livePath = "/health",
}: ServiceProcessSettings): ServiceProcess {
  const base = `http://127.0.0.1:${port}`;
  const lines: string[] = [];
  const [program = "node", ...args] = command;
  const env = { PATH: process.env.PATH ?? "", ...environment, PORT: String(port) };
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!child || hasEnded(child)) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
  return {
    baseUrl: base,
    lines,
    pid: () => child?.pid ?? 0,
    async start() {
      const started = spawn(program === "node" ? process.execPath : program, args, {
        env,
        cwd,
        stdio: ["ignore", "pipe", "inherit"],
      });
      child = started;
      let rest = "";
      started.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop() ?? "";
        lines.push(...parts);
      });
      const answers = async () => {
        // Nothing to wait for any more; the last lines say why.
        if (hasEnded(started)) return true;
        return (await fetch(`${base}${livePath}`)).ok;
      };
      await waitUntil(`${command.join(" ")} answers`, answers);
      if (hasEnded(started))
        throw new Error(`${command.join(" ")} ended with ${started.exitCode}: ${lines.slice(-5).join("\n")}`);
    },
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
