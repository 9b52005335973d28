import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ProcessSpec } from "./spec.ts";
import type { ProcessIdentity, ProcessMark } from "./system/identity.ts";

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** ISO 8601. */
  at: string;
}

export type ProcessState = "starting" | "ready" | "backing-off" | "stopped" | "failed";

/** Whether a process in this state is to run. */
export function shouldRun(state: ProcessState): boolean {
  return state === "starting" || state === "ready" || state === "backing-off";
}

/** What is kept of one process, so that a supervisor started anew finds it. */
export interface ProcessRecord {
  name: string;
  /** Who applied it last; a removal by anyone else is ignored. */
  owner: string;
  spec: ProcessSpec;
  state: ProcessState;
  /** ISO 8601 time of the last change of state. */
  since: string;
  /** Counts starts over all processes: what started last is stopped first. */
  order: number;
  /** Starts after the first one. */
  restarts: number;
  lastExit?: Exit;
  running?: RunningProcess;
}

export interface RunningProcess extends ProcessIdentity {
  phase: "init" | "main";
  /** Where its own output begins in the log file, in bytes. */
  logStart: number;
  /**
   * The value of its own mark, by which it is told from another process of the same name. Absent in
   * records of earlier versions.
   */
  mark?: string;
}

/**
 * What only the processes of its present run have. One of an earlier version is known by its
 * session alone.
 */
export function markOfRun(running: RunningProcess | undefined): ProcessMark {
  return { value: running?.mark ?? "none", log: undefined };
}

/** Where everything of one supervisor is. `directory` is made when missing. */
export class SupervisorPaths {
  readonly directory: string;
  readonly state: string;
  readonly logs: string;
  private readonly id: string;
  /**
   * Identifies this directory in marks and socket names: another one that is made later at the same
   * path is another.
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
      throw new Error(
        `The platform keeps its data, logs and state in ${directory}, but cannot write there (${code}): give this user access or choose another folder`,
      );
    }
  }

  /** False once the directory was deleted, even when another was made at the same place. */
  get isIntact(): boolean {
    const file = join(this.state, "id");
    return existsSync(file) && readFileSync(file, "utf8") === this.id;
  }

  get lock(): string {
    return join(this.state, "lock");
  }

  /** Holds the path of the socket: clients may have another TMPDIR than the supervisor. */
  get socketPointer(): string {
    return join(this.state, "socket");
  }

  log(name: string): string {
    return join(this.logs, `${name}.log`);
  }

  /** Of everything that runs under this name. */
  mark(name: string): ProcessMark {
    // In a directory made anew at the same place, the log of the same name is another supervisor's.
    const log = this.isIntact ? this.log(name) : undefined;
    return { value: `${this.key}/${name}`, log };
  }
}

/** Made once, by whoever comes first; written anew each time, which shows whether this user may. */
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

/** A path short enough for a unix socket (107 bytes), in a folder that only this user can enter. */
export function socketPath(key: string): string {
  const folder = process.env.XDG_RUNTIME_DIR
    ? join(process.env.XDG_RUNTIME_DIR, "plinth")
    : join(tmpdir(), `plinth-${process.getuid?.()}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder of this user that nobody else can enter: remove it, it is made again`);
  }
  return join(folder, `${key}.sock`);
}

/**
 * One file a process; nothing is written into a directory made anew at the same place. Secrets of
 * its environment are in there, hence 0600.
 */
export class ProcessStore {
  private readonly folder: string;
  private readonly paths: SupervisorPaths;

  constructor(paths: SupervisorPaths) {
    this.paths = paths;
    this.folder = join(paths.state, "processes");
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  load(): ProcessRecord[] {
    return readRecords(this.folder);
  }

  save(record: ProcessRecord): void {
    if (this.paths.isIntact) writeAtomically(this.file(record.name), JSON.stringify(record));
  }

  delete(name: string): void {
    if (this.paths.isIntact) rmSync(this.file(name), { force: true });
  }

  private file(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}

/** A reader sees the old content or the new one, whenever the writer is killed. */
export function writeAtomically(path: string, content: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.new`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, content, { mode });
  renameSync(draft, path);
}

/** Read without making anything, as a preview must. */
export function readProcessRecords(directory: string): ProcessRecord[] {
  const folder = join(directory, "supervisor", "processes");
  return existsSync(folder) ? readRecords(folder) : [];
}

function readRecords(folder: string): ProcessRecord[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as ProcessRecord)
    .sort((a, b) => a.order - b.order);
}
