import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { STACK_ID_VARIABLE } from "@plinth/providers/stack-id.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { engineEnvironment, stateFolderOf } from "./engine-environment.ts";
import { InterruptionNote } from "./interruption.ts";
import { ENGINE_MARK_VARIABLE, endOrphans } from "./orphans.ts";
import { withoutShellExports } from "./shell-exports.ts";
import { readStackFile } from "./stack-file.ts";
import { readStateFile } from "./state-file.ts";

/** Resources that the engine works on at once; most of them only wait. */
const PARALLEL_OPERATIONS = { processes: 32, cluster: 128 };

/** The engine for one stack of this clone; its state is in `.plinth/`. */
export class Engine {
  readonly stack: string;
  private readonly environment: NodeJS.ProcessEnv;

  private constructor(stack: string, environment: NodeJS.ProcessEnv) {
    this.stack = stack;
    this.environment = environment;
  }

  /** @throws {@link UserError} without an engine, or when the state folder cannot be written */
  static async open(stack: string): Promise<Engine> {
    return new Engine(stack, { ...withoutShellExports(process.env), ...(await engineEnvironment(stack)) });
  }

  /** The folder of the file backend; undefined with another backend. */
  get stateFolder(): string | undefined {
    return stateFolderOf(this.environment.PULUMI_BACKEND_URL!);
  }

  /** The stack's newest checkpoint; undefined with another backend. */
  get stateFile(): string | undefined {
    return this.stateFolder && join(this.stateFolder, "stacks", "plinth", `${this.stack}.json`);
  }

  /** Whether the stack exists. With another backend this is true: its commands report otherwise. */
  get exists(): boolean {
    return this.stateFile === undefined || existsSync(this.stateFile);
  }

  /** Runs a command of the engine on this terminal and resolves to its exit code. */
  run(command: string, ...args: string[]): Promise<number> {
    this.requireUsable();
    const env = {
      ...this.environment,
      ...this.checkpointVariables,
      [ENGINE_MARK_VARIABLE]: `${this.mark}#${randomUUID()}`,
    };
    const ended = this.note?.begin(command, !args.includes("--target"));
    const child = spawn("pulumi", [command, "--stack", this.stack, ...args], { cwd: root, env, stdio: "inherit" });
    // Ctrl-C reaches the engine too: this process waits until it has ended in order.
    const wait = () => undefined;
    process.on("SIGINT", wait);
    return new Promise((resolve, reject) => {
      child.once("error", (error) =>
        reject(new UserError(`Pulumi cannot be run: ${error.message}. Type: make doctor`)),
      );
      child.once("close", (code, signal) => {
        process.off("SIGINT", wait);
        if (signal === null) {
          ended?.(code ?? 1);
          return resolve(code ?? 1);
        }
        console.error(
          `The engine was ended by ${signal}. The next 'make up' or 'make down' completes or undoes what it had begun.`,
        );
        this.endOrphans().then(() => resolve(1), reject);
      });
    });
  }

  /** What an engine of this stack was doing when it was killed; undefined with another backend. */
  get note(): InterruptionNote | undefined {
    return this.stateFolder === undefined ? undefined : new InterruptionNote(this.stateFolder, this.stack);
  }

  /**
   * Writing the whole state at each step makes a large 'up' quadratic: with 90 services eleven
   * minutes instead of one. In a development cluster the state is written at the end: passwords are
   * constant, creating again finds what is there, and the note says that an engine was killed.
   * Production would lose generated passwords. Commands read a local stack's state during its `up`.
   */
  private get checkpointVariables(): Record<string, string> {
    const { cluster, production } = readStackFile(this.stack);
    const skip = cluster && !production && this.note !== undefined;
    return { PULUMI_SKIP_CHECKPOINTS: String(skip) };
  }

  /** Ends processes that killed engines of this stack left. */
  endOrphans(): Promise<void> {
    return endOrphans(this.mark);
  }

  /** Identifies the engines of this stack. It must not contain blanks. */
  private get mark(): string {
    return encodeURI(`${this.environment.PULUMI_BACKEND_URL}/${this.stack}`);
  }

  /** Runs a command of the engine and resolves to its output. */
  async capture(command: string, ...args: string[]): Promise<string> {
    this.requireUsable();
    return runCommand("pulumi", [...command.split(" "), "--stack", this.stack, ...args], {
      cwd: root,
      env: this.environment,
      seconds: 60,
    });
  }

  /** @throws {@link UserError} for a damaged state, and for secrets of production in the open */
  private requireUsable(): void {
    if (this.stateFile !== undefined) readStateFile(this.stateFile);
    const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE, PULUMI_BACKEND_URL } = this.environment;
    const { production, keyService } = readStackFile(this.stack);
    if (!production || keyService || PULUMI_CONFIG_PASSPHRASE || PULUMI_CONFIG_PASSPHRASE_FILE) return;
    // Pulumi's own service keeps the keys.
    if (PULUMI_BACKEND_URL!.startsWith("http")) return;
    throw new UserError(
      `Stack '${this.stack}' is for production, and its secrets have neither passphrase nor key service: export PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or type 'pulumi stack init ${this.stack} --secrets-provider=…' (docs/operator.md)`,
    );
  }

  /** The id of the stack in its cluster, unless its state or its file has another. */
  get stackId(): string | undefined {
    return this.environment[STACK_ID_VARIABLE];
  }

  /** Whether its file puts the stack into a cluster. */
  get inCluster(): boolean {
    return readStackFile(this.stack).cluster;
  }

  /** The flags of every command that changes resources. */
  get unattendedFlags(): string[] {
    const parallel = this.inCluster ? PARALLEL_OPERATIONS.cluster : PARALLEL_OPERATIONS.processes;
    return ["--yes", "--skip-preview", "--suppress-outputs", "--parallel", String(parallel)];
  }
}
