import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Commands of the engine that change resources. */
export type ChangingCommand = "up" | "destroy" | "refresh";

const CHANGING_COMMANDS: readonly string[] = ["up", "destroy", "refresh"] satisfies ChangingCommand[];

interface Run {
  command: ChangingCommand;
  since: string;
}

/**
 * Remembers the engine that is at work on a stack, until the state is known to agree with what
 * there is: an engine that is killed may have changed more than it wrote down, in development
 * everything.
 */
export class InterruptionNote {
  readonly #file: string;

  /** @param stateFolder of the file backend */
  constructor(stateFolder: string, stack: string) {
    this.#file = join(stateFolder, "..", `${stack}.running.json`);
  }

  /** The run that did not end; undefined if every run has. */
  read(): Run | undefined {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as Run;
    } catch {
      // Without its contents it still says that an engine was killed.
      return existsSync(this.#file) ? { command: "destroy", since: "" } : undefined;
    }
  }

  /**
   * @param isWhole false for a run that is limited to some resources
   * @returns what to call with the exit code of a run that ended by itself
   */
  begin(command: string, isWhole = true): (code: number) => void {
    if (!CHANGING_COMMANDS.includes(command)) return () => undefined;
    const earlier = this.read();
    // A killed 'down' may have deleted what an 'up' after it does not reach.
    const run = {
      command: earlier?.command === "destroy" ? earlier.command : command,
      since: new Date().toISOString(),
    };
    writeFileSync(this.#file, JSON.stringify(run));
    return (code) => {
      // An 'up' that succeeds has reached everything; other runs leave what a killed one did.
      if (earlier === undefined || (command === "up" && isWhole && code === 0)) this.clear();
    };
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }
}
