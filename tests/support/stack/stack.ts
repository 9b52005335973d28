import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { type ProcessStatus, status } from "@plinth/local/supervisor/client.ts";
import { findPortHolder, isPortFree } from "@plinth/local/supervisor/system/ports.ts";
import { eventually } from "../eventually.ts";
import { Command, type Result } from "./command.ts";
import { formatProcesses, type ProcessInfo, processesOf, withoutDescendants } from "./processes.ts";

/** Ports of the local stack before its offset. */
const PORTS = {
  postgres: 5432,
  redis: 6379,
  highload: 8080,
  registry: 8081,
  wallet: 8082,
  kafka: 19_092,
  controller: 19_093,
};
/** What a clone has; its tests and documentation are not needed to run it. */
const CLONED_PATHS = [
  "Makefile",
  "Pulumi.yaml",
  "Pulumi.local.yaml",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "index.ts",
  ...[
    "cli",
    "components",
    "dev",
    "local",
    "migrations",
    "policy",
    "providers",
    "schemas",
    "services",
    "templates",
    "toolchain",
  ],
];
/**
 * Environment by which the engine, and everything that ends with it, is told from what the
 * supervisor keeps.
 */
const CLONE_VARIABLE = "PLINTH_TEST_CLONE";
/** How long a command may take that ends by itself. */
const SECONDS = 120;

export interface StackOptions {
  /** Path of a program to put in place of `index.ts`. */
  program?: string;
  /** Configuration beside the port offset. */
  config?: Record<string, string>;
  /** @default one where every port is free */
  offset?: number;
}

/**
 * A local stack of its own: a clone of the repository as it stands in a temporary folder, on ports
 * of its own, brought up and down by `make` as any user's is. Nothing of it can meet the
 * repository's own stack.
 */
export class Stack {
  readonly root: string;
  offset: number;
  private readonly config: Record<string, string>;

  private constructor(folder: string, offset: number, config: Record<string, string>) {
    this.root = folder;
    this.offset = offset;
    this.config = config;
  }

  get ports(): typeof PORTS {
    return portsAt(this.offset);
  }

  static async create({ program, config = {}, offset }: StackOptions = {}): Promise<Stack> {
    const stack = new Stack(
      realpathSync(mkdtempSync(join(tmpdir(), "plinth-clone-"))),
      offset ?? (await freeOffset()),
      config,
    );
    for (const part of CLONED_PATHS)
      cpSync(join(root, part), join(stack.root, part), {
        recursive: true,
        filter: (path) => !path.includes("node_modules"),
      });
    if (program !== undefined) copyFileSync(program, join(stack.root, "index.ts"));
    linkPackages(stack.root);
    stack.configure({});
    return stack;
  }

  /** Folder of data, logs and the supervisor's state, unless configuration moved it. */
  get directory(): string {
    return join(this.root, ".plinth", "local");
  }

  /** Other ports, from the next 'up' on, as a user asks for them. */
  async setPortOffset(offset: number): Promise<void> {
    const { code, output } = await this.shell(`pulumi config set --stack local portOffset ${offset}`);
    assert.equal(code, 0, output);
    this.offset = offset;
  }

  /** Configuration beside, or in place of, what the stack was made with. */
  configure(config: Record<string, string>): void {
    const salt = /^encryptionsalt:.*$/m.exec(readFileSync(join(root, "Pulumi.local.yaml"), "utf8"))?.[0] ?? "";
    const lines = Object.entries({ portOffset: String(this.offset), ...this.config, ...config }).map(
      ([name, value]) => `  plinth:${name}: ${JSON.stringify(value)}`,
    );
    writeFileSync(join(this.root, "Pulumi.local.yaml"), [salt, "config:", ...lines, ""].join("\n"));
  }

  /** `make TARGET`, which is to end by itself; returns at once. */
  start(...target: string[]): Command {
    return this.command(SECONDS, "make", "-s", ...target);
  }

  /** `make TARGET`, which goes on until it is told to end. */
  follow(...target: string[]): Command {
    return this.command(undefined, "make", "-s", ...target);
  }

  make(...target: string[]): Promise<Result> {
    return this.start(...target).result;
  }

  /** A line of shell, as a person types it after 'eval "`make -s shell`"'. */
  shell(line: string): Promise<Result> {
    return this.command(SECONDS, "sh", "-ec", `eval "$(make -s shell)"; ${line}`).result;
  }

  /** @throws with all that was printed, when it fails */
  async expectSuccess(...target: string[]): Promise<Result> {
    const result = await this.make(...target);
    assert.equal(result.code, 0, `make ${target.join(" ")} ended with ${result.code}:\n${result.output}`);
    return result;
  }

  /** @throws with all that was printed, when it does not fail, or shows a stack trace */
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

  /**
   * Tools, engine, language host, program and provider host: all that must end with the command
   * that started it.
   */
  engines(): ProcessInfo[] {
    return this.processes().filter(({ environment }) => environment.includes(`${CLONE_VARIABLE}=`));
  }

  /** The engine itself, once it works on the stack. */
  engine(command: "up" | "destroy"): Promise<ProcessInfo> {
    return eventually(
      `an engine that runs '${command}'`,
      () =>
        this.engines().find(({ name, command: line }) => name === "pulumi" && line.startsWith(`pulumi ${command} `)),
      60,
    );
  }

  /** Fails when anything that must not outlive a command, does so for more than `seconds`. */
  async waitForEngines(seconds = 5): Promise<void> {
    await eventually("nothing is left of the engine", () => this.engines().length === 0, seconds).catch(
      (error: Error) => {
        throw new Error(`${error.message}; still there:\n${formatProcesses(this.engines())}`);
      },
    );
  }

  /** Everything ready, each once, and nothing beside it. */
  async assertHealthy(): Promise<ProcessStatus[]> {
    const found = await this.status();
    assert.deepEqual(
      found.filter(({ state }) => state !== "ready"),
      [],
      "every process is ready",
    );
    await this.waitForEngines();
    const kept = new Set(found.map(({ pid }) => pid));
    const find = () => withoutDescendants(this.processes(), kept);
    // A version that has handed its port over finishes what it was doing.
    await eventually("the supervisor runs alone", () => find().length === 1, 15).catch(() => undefined);
    const strays = find();
    assert.equal(
      strays.length,
      1,
      `nothing runs but one supervisor and what it keeps, not:\n${formatProcesses(strays)}`,
    );
    assert.equal(strays[0]?.pid, this.supervisor()?.pid);
    return found;
  }

  supervisor(): ProcessInfo | undefined {
    return this.processes().find(({ command }) => command.includes("local/supervisor/main.ts"));
  }

  /** Fails when a process, a port, a socket or a lock is left. */
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
   * Ends and removes all of it, whatever state a test left it in. @throws when 'make down' did not
   * do so by itself
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
        // It ended by itself meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  private get environment(): NodeJS.ProcessEnv {
    // A session of the person who runs the tests may be set up for another stack.
    const foreign = /^(PULUMI_|PLINTH_|npm_|MAKE)/;
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
    const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.startsWith(root));
    return {
      ...own,
      ...(process.env.PULUMI_HOME ? { PULUMI_HOME: process.env.PULUMI_HOME } : {}),
      PATH: path.join(delimiter),
      [CLONE_VARIABLE]: this.root,
      // Not the user's cache: what is compiled from a clone is of no use after it.
      NODE_COMPILE_CACHE: join(tmpdir(), `plinth-compiled-${process.getuid?.()}`),
    };
  }
}

/** The packages of this repository, but the workspaces of the clone. */
function linkPackages(clone: string): void {
  const packages = join(clone, "node_modules");
  mkdirSync(packages);
  for (const name of readdirSync(join(root, "node_modules")).filter(
    (each) => each !== "@plinth" && each !== ".plinth-lock",
  ))
    symlinkSync(join(root, "node_modules", name), join(packages, name));
  mkdirSync(join(packages, "@plinth"));
  for (const [name, folder] of workspaces()) symlinkSync(join(clone, folder), join(packages, "@plinth", name));
  copyFileSync(join(clone, "package-lock.json"), join(packages, ".plinth-lock"));
}

function workspaces(): [name: string, folder: string][] {
  const services = readdirSync(join(root, "services")).map((name): [string, string] => [name, join("services", name)]);
  return [
    ...["local", "migrations", "policy", "providers", "schemas", "toolchain"].map((name): [string, string] => [
      name,
      name,
    ]),
    ...services,
  ];
}

function portsAt(offset: number): typeof PORTS {
  return Object.fromEntries(Object.entries(PORTS).map(([name, port]) => [name, port + offset])) as typeof PORTS;
}

/**
 * One where every port is free, and none is in the range from which the system takes ports for
 * connections.
 */
export async function freeOffset(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const offset = 100 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all(Object.values(portsAt(offset)).map(isPortFree));
    if (free.every(Boolean)) return offset;
  }
  throw new Error("Found no port offset in 100 attempts where all ports are free");
}
