import { type ChildProcess, spawn } from "node:child_process";

export interface Result {
  /** Null when a signal ended it. */
  code: number | null;
  /**
   * What it printed, standard output and standard error in the order of their arrival, without
   * colours.
   */
  output: string;
  milliseconds: number;
}

/** A command of the front door, under way. */
export class Command {
  readonly result: Promise<Result>;
  private readonly child: ChildProcess;
  private printed = "";
  private tookMs = 0;

  /**
   * Killed with all of its process group after `seconds`, which fails the promise. @default it goes
   * on until it ends, or is told to
   */
  constructor(
    program: string,
    args: string[],
    { cwd, env, seconds }: { cwd: string; env: NodeJS.ProcessEnv; seconds?: number },
  ) {
    const begun = Date.now();
    // A group of its own, as a shell gives each command: a signal can then reach all of it, as
    // Ctrl-C does.
    this.child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (text) => (this.printed += text));
    this.result = new Promise((resolve, reject) => {
      const late = () => {
        this.signal("SIGKILL");
        reject(
          new Error(`'${program} ${args.join(" ")}' was not done after ${seconds} s; it printed:\n${this.output}`),
        );
      };
      const deadline = seconds === undefined ? undefined : setTimeout(late, seconds * 1000);
      const done = () => resolve({ code: this.child.exitCode, output: this.output, milliseconds: this.tookMs });
      this.child.once("error", reject);
      this.child.once("exit", () => {
        this.tookMs = Date.now() - begun;
        clearTimeout(deadline);
        // What outlives a killed engine may hold its output open for a moment; nobody waits for
        // that.
        setTimeout(done, 300).unref();
      });
      this.child.once("close", done);
    });
    this.result.catch(() => undefined);
  }

  get output(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the engine colours what it prints.
    return this.printed.replace(/\u001b\[[\d;?]*[a-zA-Z]/g, "");
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** To the whole group, as a terminal sends Ctrl-C. */
  signal(name: NodeJS.Signals): void {
    if (!this.ended && this.child.pid !== undefined) process.kill(-this.child.pid, name);
  }
}
