import { createHash, randomUUID } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../user-error.ts";
import type { ProcessMark } from "./system/identity.ts";

/** The files of one supervisor. Creates `directory` if it is missing. */
export class SupervisorPaths {
  readonly directory: string;
  readonly state: string;
  readonly logs: string;
  private readonly id: string;
  /**
   * Identifies this directory in marks. A later directory at the same path has another key.
   */
  readonly key: string;

  constructor(directory: string) {
    try {
      mkdirSync(directory, { recursive: true });
      this.directory = realpathSync(directory);
      this.state = join(this.directory, "supervisor");
      this.logs = join(this.directory, "logs");
      for (const folder of [this.state, this.logs]) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        chmodSync(folder, 0o700);
      }
      this.id = readDirectoryId(this.state);
      this.key = createHash("sha256").update(this.directory).update(this.id).digest("hex").slice(0, 16);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new UserError(
        `The platform keeps its data, logs and state in ${directory}, but cannot write there (${code}): give this user access or choose another folder`,
      );
    }
  }

  /** False once the directory was deleted, even if another was created at its path. */
  get isIntact(): boolean {
    const file = join(this.state, "id");
    return existsSync(file) && readFileSync(file, "utf8") === this.id;
  }

  get lock(): string {
    return join(this.state, "lock");
  }

  get socket(): string {
    return join(this.state, "rpc.sock");
  }

  log(name: string): string {
    return join(this.logs, `${name}.log`);
  }

  /** Mark of all processes that run under this name. */
  mark(name: string): ProcessMark {
    // In a new directory at the same path, the log belongs to another supervisor.
    const log = this.isIntact ? this.log(name) : undefined;
    return { value: `${this.key}/${name}`, log };
  }
}

/**
 * The first caller creates the id. Every caller writes a draft, which shows whether this user may.
 */
function readDirectoryId(folder: string): string {
  const [file, draft] = [join(folder, "id"), join(folder, `id.${randomUUID()}`)];
  writeFileSync(draft, randomUUID(), { mode: 0o600 });
  try {
    if (!existsSync(file)) linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8");
}
