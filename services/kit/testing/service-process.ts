import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "./wait-until.ts";

export interface ServiceProcessSettings {
  /**
   * A program and its arguments, as in the service's descriptor. `node` stands for the Node that
   * runs the test.
   */
  command: readonly string[];
  /** @default the test's working directory */
  cwd?: string;
  /** The test's own environment is not passed on, except PATH. */
  environment: Readonly<Record<string, string>>;
  /** The port that the service listens on; it gets it as PORT. */
  port: number;
  /** A path that answers once the process is alive. @default "/health" */
  livePath?: string;
}

/** A service in a separate process, as the platform runs it: it can be killed. */
export interface ServiceProcess {
  baseUrl: string;
  /** Id of the current or last process; 0 before the first. */
  pid(): number;
  /** Lines of standard output, of all runs so far. */
  lines: string[];
  /**
   * Resolves once the process is alive, which is before it is ready. May be called again after the
   * process has ended; the port stays the same.
   */
  start(): Promise<void>;
  /** Ends it by SIGKILL, like a crash. */
  kill(): Promise<void>;
  /** Ends it by SIGTERM. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Creates the process without starting it. */
export function createServiceProcess({
  command,
  cwd,
  environment,
  port,
  livePath = "/health",
}: ServiceProcessSettings): ServiceProcess {
  const baseUrl = `http://127.0.0.1:${port}`;
  const lines: string[] = [];
  const [program = "node", ...args] = command;
  const env = { PATH: process.env.PATH ?? "", ...environment, PORT: String(port) };
  let child: ChildProcess | undefined;
  /** Why the program could not be run: such a process neither starts nor ends. */
  let failure: Error | undefined;
  const whyNotRun = () => failure;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!child || failure || hasEnded(child)) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
  return {
    baseUrl,
    lines,
    pid: () => child?.pid ?? 0,
    async start() {
      const started = spawn(program === "node" ? process.execPath : program, args, {
        env,
        cwd,
        stdio: ["ignore", "pipe", "inherit"],
      });
      child = started;
      failure = undefined;
      started.once("error", (error) => {
        failure = error;
      });
      let unfinishedLine = "";
      started.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        const complete = (unfinishedLine + chunk).split("\n");
        unfinishedLine = complete.pop() ?? "";
        lines.push(...complete);
      });
      const answers = async () => {
        // An ended process never answers; its last lines say why.
        if (failure || hasEnded(started)) return true;
        return (await fetch(`${baseUrl}${livePath}`)).ok;
      };
      await waitUntil(`${command.join(" ")} answers`, answers);
      const reason = whyNotRun()?.message;
      if (reason !== undefined) throw new Error(`'${command.join(" ")}' cannot be run in ${cwd ?? "."}: ${reason}`);
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
