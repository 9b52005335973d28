import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { status } from "@plinth/local/supervisor/client.ts";
import type { ProcessStatus } from "@plinth/local/supervisor/protocol.ts";
import { findPortHolder, isPortFree } from "@plinth/local/supervisor/system/ports.ts";
import { eventually } from "../eventually.ts";
import { cloneRepository } from "./clone.ts";
import { Command, type Result } from "./command.ts";
import { freeOffset, portsAt, type StackPorts } from "./ports.ts";
import { formatProcesses, type ProcessInfo, processesOf, withoutDescendants } from "./processes.ts";

/**
 * A variable in the environment of the engine and of every process that ends with it; the
 * supervisor's processes lack it.
 */
const CLONE_VARIABLE = "PLINTH_TEST_CLONE";
/** Time limit of a command that ends by itself. */
const SECONDS = 120;

export interface StackOptions {
  /** Path of a program to put in place of `index.ts`. */
  program?: string;
  /** Configuration in addition to the port offset. */
  config?: Record<string, string>;
  /** @default one at which every port is free */
  offset?: number;
  /** Whether logs, metrics and traces are kept, which takes four more processes. @default false */
  observability?: boolean;
}

/**
 * A local stack in a temporary clone of the working tree, on free ports. `make` starts and stops
 * it, as a user does. It shares nothing with the repository's own stack.
 */
export class Stack {
  readonly root: string;
  offset: number;
  private readonly config: Record<string, string>;

  private readonly observability: boolean;

  private constructor(folder: string, offset: number, config: Record<string, string>, observability: boolean) {
    this.root = folder;
    this.offset = offset;
    this.config = config;
    this.observability = observability;
  }

  get ports(): StackPorts {
    return portsAt(this.offset);
  }

  static async create({ program, config = {}, offset, observability = false }: StackOptions = {}): Promise<Stack> {
    const stack = new Stack(cloneRepository(program), offset ?? (await freeOffset()), config, observability);
    stack.configure({});
    return stack;
  }

  /** Folder of data, logs and the supervisor's state, unless the configuration moves it. */
  get directory(): string {
    return join(this.root, ".plinth", "local");
  }

  /** Moves all ports from the next 'up' on, by the command that a user types. */
  async setPortOffset(offset: number): Promise<void> {
    const { code, output } = await this.shell(`pulumi config set --stack local portOffset ${offset}`);
    assert.equal(code, 0, output);
    this.offset = offset;
  }

  /** Adds to, or replaces, the configuration that the stack was created with. */
  configure(config: Record<string, string>): void {
    const salt = /^encryptionsalt:.*$/m.exec(readFileSync(join(root, "Pulumi.local.yaml"), "utf8"))?.[0] ?? "";
    const lines = Object.entries({ portOffset: String(this.offset), ...this.config, ...config }).map(
      ([name, value]) => `  plinth:${name}: ${JSON.stringify(value)}`,
    );
    if (!this.observability) lines.push("  plinth:observability: { enabled: false }");
    writeFileSync(join(this.root, "Pulumi.local.yaml"), [salt, "config:", ...lines, ""].join("\n"));
  }

  /** Starts `make TARGET`, which must end by itself. */
  start(...target: string[]): Command {
    return this.command(SECONDS, "make", "-s", ...target);
  }

  /** Starts `make TARGET`, which runs until it is stopped. */
  follow(...target: string[]): Command {
    return this.command(undefined, "make", "-s", ...target);
  }

  make(...target: string[]): Promise<Result> {
    return this.start(...target).result;
  }

  /** A line of shell, as a person types it in a new terminal. */
  type(line: string): Promise<Result> {
    return this.command(SECONDS, "sh", "-ec", line).result;
  }

  /** A line of shell, as a person types it after 'eval "`make -s shell`"'. */
  shell(line: string): Promise<Result> {
    return this.command(SECONDS, "sh", "-ec", `eval "$(make -s shell)"; ${line}`).result;
  }

  /** Runs `make TARGET`. @throws with its output when it fails */
  async expectSuccess(...target: string[]): Promise<Result> {
    const result = await this.make(...target);
    assert.equal(result.code, 0, `make ${target.join(" ")} ended with ${result.code}:\n${result.output}`);
    return result;
  }

  /** Runs `make TARGET`. @throws with its output when it succeeds or prints a stack trace */
  async expectFailure(...target: string[]): Promise<string> {
    const { code, output } = await this.make(...target);
    assert.notEqual(code, 0, `make ${target.join(" ")} should have failed, but printed:\n${output}`);
    assert.doesNotMatch(output, /^\s+at .+:\d+/m, "a user's mistake must not print a stack trace");
    return output;
  }

  status(): Promise<ProcessStatus[]> {
    return status(this.directory);
  }

  /** Everything that runs for this stack. */
  processes(): ProcessInfo[] {
    return processesOf(this.root);
  }

  /** Tools, engine, language host, program and provider host: they must end with their command. */
  engines(): ProcessInfo[] {
    return this.processes().filter(({ environment }) => environment.includes(`${CLONE_VARIABLE}=`));
  }

  /** The engine itself, as soon as it runs. */
  engine(command: "up" | "destroy"): Promise<ProcessInfo> {
    return eventually(
      `an engine that runs '${command}'`,
      () =>
        this.engines().find(({ name, command: line }) => name === "pulumi" && line.startsWith(`pulumi ${command} `)),
      60,
    );
  }

  /** Fails when a process of {@link engines} outlives its command by more than `seconds`. */
  async waitForEngines(seconds = 5): Promise<void> {
    await eventually("nothing is left of the engine", () => this.engines().length === 0, seconds).catch(
      (error: Error) => {
        throw new Error(`${error.message}; still there:\n${formatProcesses(this.engines())}`);
      },
    );
  }

  /** Fails unless every process is ready and runs once, and nothing else runs. */
  async assertHealthy(): Promise<ProcessStatus[]> {
    const processes = await this.status();
    assert.deepEqual(
      processes.filter(({ state }) => state !== "ready"),
      [],
      "every process is ready",
    );
    await this.waitForEngines();
    const kept = new Set(processes.map(({ pid }) => pid));
    const find = () => withoutDescendants(this.processes(), kept);
    // A replaced process finishes its requests.
    await eventually("the supervisor runs alone", () => find().length === 1, 15).catch(() => undefined);
    const strays = find();
    assert.equal(
      strays.length,
      1,
      `nothing runs but one supervisor and what it keeps, not:\n${formatProcesses(strays)}`,
    );
    assert.equal(strays[0]?.pid, this.supervisor()?.pid);
    return processes;
  }

  supervisor(): ProcessInfo | undefined {
    return this.processes().find(({ command }) => command.includes("local/supervisor/main.ts"));
  }

  /** Fails when a process, a held port, a socket or a lock remains. */
  async assertNothingLeft(): Promise<void> {
    await this.waitForEngines();
    await eventually("no process is left", () => this.processes().length === 0, 5).catch(() => undefined);
    assert.equal(formatProcesses(this.processes()), "", "no process is left");
    for (const [name, port] of Object.entries(this.ports)) {
      assert.ok(
        await isPortFree(port),
        `port ${port} of ${name} is still held by ${JSON.stringify(findPortHolder(port))}`,
      );
    }
    assert.ok(!existsSync(join(this.directory, "supervisor", "socket")), "no socket is left");
    assert.deepEqual(this.locks(), [], "no lock is left");
  }

  /** Locks of the engine's state. */
  locks(): string[] {
    const folder = join(this.root, ".plinth", "state", ".pulumi", "locks");
    return existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
      : [];
  }

  /**
   * Stops and removes the stack in whatever state a test left it.
   *
   * @throws when 'make down' did not stop everything
   */
  async destroy(): Promise<void> {
    try {
      await this.waitForEngines(0).catch(() => this.kill(this.engines()));
      await this.expectSuccess("down");
      await this.assertNothingLeft();
    } finally {
      this.kill(this.processes());
      await eventually("everything has ended", () => this.processes().length === 0, 5);
      rmSync(this.root, { recursive: true, force: true });
    }
  }

  private command(seconds: number | undefined, program: string, ...args: string[]): Command {
    return new Command(program, args, {
      cwd: this.root,
      env: this.environment,
      ...(seconds !== undefined && { seconds }),
    });
  }

  private kill(processes: ProcessInfo[]): void {
    for (const { pid } of processes) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        // It has ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  private get environment(): NodeJS.ProcessEnv {
    // The shell that runs the tests may be set up for another stack.
    const foreign = /^(PULUMI_|PLINTH_|npm_|MAKE)/;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
    const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.startsWith(root));
    return {
      ...inherited,
      ...(process.env.PULUMI_HOME ? { PULUMI_HOME: process.env.PULUMI_HOME } : {}),
      PATH: path.join(delimiter),
      [CLONE_VARIABLE]: this.root,
      // Outside of the user's cache: the code of a clone is useless after the test.
      NODE_COMPILE_CACHE: join(tmpdir(), `plinth-compiled-${process.getuid?.()}`),
    };
  }
}
