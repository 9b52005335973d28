import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { locatePulumi } from "@plinth/toolchain/pulumi/pulumi.ts";
import { ENGINE_MARK_VARIABLE, endOrphans } from "./orphans.ts";
import { readStackFile } from "./stack-file.ts";

/**
 * How many resources the engine works on at once; most of them wait for something, in a cluster
 * nearly all.
 */
const PARALLEL_OPERATIONS = { processes: 32, cluster: 128 };

/** One stack of this clone, and the engine with its state beside the data in `.plinth/`. */
export class Engine {
  readonly stack: string;
  private readonly environment: NodeJS.ProcessEnv;

  private constructor(stack: string, environment: NodeJS.ProcessEnv) {
    this.stack = stack;
    this.environment = environment;
  }

  /** Throws one sentence when there is no engine or the state folder cannot be written. */
  static async open(stack: string): Promise<Engine> {
    return new Engine(stack, { ...process.env, ...(await engineEnvironment(stack)) });
  }

  /** Where the file backend keeps this stack, or undefined when the state is kept elsewhere. */
  get stateFolder(): string | undefined {
    const url = this.environment.PULUMI_BACKEND_URL!;
    return url.startsWith("file://") ? join(url.slice("file://".length).replace(/\?.*$/, ""), ".pulumi") : undefined;
  }

  /** The stack's newest checkpoint, under the same condition. */
  get stateFile(): string | undefined {
    return this.stateFolder && join(this.stateFolder, "stacks", "plinth", `${this.stack}.json`);
  }

  /**
   * Whether the stack is there. Of another backend than the file backend, only its own commands can
   * tell: they will.
   */
  get exists(): boolean {
    return this.stateFile === undefined || existsSync(this.stateFile);
  }

  /** Runs a command of the engine on this terminal and resolves to its exit code. */
  run(command: string, ...args: string[]): Promise<number> {
    const env = { ...this.environment, [ENGINE_MARK_VARIABLE]: `${this.mark}#${randomUUID()}` };
    const child = spawn("pulumi", [command, "--stack", this.stack, ...args], { cwd: root, env, stdio: "inherit" });
    // Ctrl-C reaches the engine too, and it ends in order; this process only waits for it.
    const wait = () => undefined;
    process.on("SIGINT", wait);
    return new Promise((resolve, reject) => {
      child.once("error", (error) => reject(new Error(`Pulumi cannot be run: ${error.message}. Type: make doctor`)));
      child.once("close", (code, signal) => {
        process.off("SIGINT", wait);
        if (signal === null) return resolve(code ?? 1);
        console.error(
          `The engine was ended by ${signal}. What it had begun is completed or taken back by the next 'make up' or 'make down'.`,
        );
        this.endOrphans().then(() => resolve(1), reject);
      });
    });
  }

  /** Ends what earlier engines of this stack left when they were killed. */
  endOrphans(): Promise<void> {
    return endOrphans(this.mark);
  }

  /** Tells this stack's engines from those of other stacks and clones. No blank may be in it. */
  private get mark(): string {
    return encodeURI(`${this.environment.PULUMI_BACKEND_URL}/${this.stack}`);
  }

  /** Runs a command of the engine and resolves to what it printed. */
  capture(command: string, ...args: string[]): Promise<string> {
    return runCommand("pulumi", [...command.split(" "), "--stack", this.stack, ...args], {
      cwd: root,
      env: this.environment,
      seconds: 60,
    });
  }

  /** Whether the stack is in a cluster, as its file says. */
  get inCluster(): boolean {
    return readStackFile(this.stack).cluster;
  }

  /** The flags of every command that changes resources. */
  get unattendedFlags(): string[] {
    const parallel = this.inCluster ? PARALLEL_OPERATIONS.cluster : PARALLEL_OPERATIONS.processes;
    return ["--yes", "--skip-preview", "--suppress-outputs", "--parallel", String(parallel)];
  }
}

/** What plain Pulumi commands need in their environment here; what is already set stays. */
export async function engineEnvironment(stack: string): Promise<Record<string, string>> {
  const { cluster, production } = readStackFile(stack);
  const engine = await locatePulumi();
  if (engine === undefined) throw new Error("Pulumi is missing. Type: make setup");
  // Without side files: they are written in place, and one that a killed engine leaves empty makes
  // the whole stack unreadable.
  const backend =
    process.env.PULUMI_BACKEND_URL ?? `file://${createStateFolder(join(root, ".plinth", "state"))}?metadata=skip`;
  return {
    // The folder of this very Node first: the engine starts the program and the provider host with
    // the one that it finds.
    PATH: [dirname(process.execPath), engine.directory, process.env.PATH].join(":"),
    PULUMI_BACKEND_URL: backend,
    ...passphraseVariables(production),
    // Every plugin of processes is in node_modules: a search for others costs three seconds without
    // internet. Those of clusters are downloaded.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION:
      process.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ?? String(!cluster),
    PULUMI_SKIP_UPDATE_CHECK: process.env.PULUMI_SKIP_UPDATE_CHECK ?? "true",
  };
}

/**
 * A default one only where the only secrets are default passwords; in production whoever set the
 * stack up has one, or a key service.
 */
function passphraseVariables(production: boolean): Record<string, string> {
  const { PULUMI_CONFIG_PASSPHRASE: given, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  if (given !== undefined) return { PULUMI_CONFIG_PASSPHRASE: given };
  if (production) return {};
  return { PULUMI_CONFIG_PASSPHRASE: file ? "" : "local" };
}

function createStateFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(
      `The state folder ${folder} cannot be made (${(error as NodeJS.ErrnoException).code}): make its parent writable for you, or clone into a folder of your own`,
    );
  }
  return folder;
}
