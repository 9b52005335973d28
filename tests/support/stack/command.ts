import { type ChildProcess, spawn } from "node:child_process";

export interface Result {
  /** Null when a signal ended it. */
  code: number | null;
  /** Standard output and standard error in order of arrival, without colours. */
  output: string;
  milliseconds: number;
}

/** A running command of a user. */
export class Command {
  readonly result: Promise<Result>;
  private readonly child: ChildProcess;
  private printed = "";
  private tookMs = 0;

  /** @param seconds until its process group is killed and the result rejected. @default no limit */
  constructor(
    program: string,
    args: string[],
    { cwd, env, seconds }: { cwd: string; env: NodeJS.ProcessEnv; seconds?: number },
  ) {
    const begun = Date.now();
    // In its own process group, as under a shell: a signal then reaches all of it, as Ctrl-C does.
    this.child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (text) => (this.printed += text));
    this.result = new Promise((resolve, reject) => {
      const late = () => {
        this.signal("SIGKILL");
        reject(
          new Error(`'${program} ${args.join(" ")}' has not ended after ${seconds} s; its output:\n${this.output}`),
        );
      };
      const deadline = seconds === undefined ? undefined : setTimeout(late, seconds * 1000);
      const done = () => resolve({ code: this.child.exitCode, output: this.output, milliseconds: this.tookMs });
      this.child.once("error", reject);
      this.child.once("exit", () => {
        this.tookMs = Date.now() - begun;
        clearTimeout(deadline);
        // Not until "close": processes of a killed engine may hold the output open.
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

  /** Signals the whole process group, as a terminal does. */
  signal(name: NodeJS.Signals): void {
    if (!this.ended && this.child.pid !== undefined) process.kill(-this.child.pid, name);
  }
}
