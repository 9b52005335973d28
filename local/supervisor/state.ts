import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../json-file.ts";
import { writeAtomically } from "./atomic-file.ts";
import type { SupervisorPaths } from "./paths.ts";
import type { ProcessSpec } from "./spec.ts";
import type { ProcessIdentity, ProcessMark } from "./system/identity.ts";

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** ISO 8601. */
  at: string;
}

/** `unready`: it runs and was ready, but no longer answers its probe. */
export type ProcessState = "starting" | "ready" | "unready" | "backing-off" | "stopped" | "failed";

/** Whether the supervisor keeps a process in this state running. */
export function shouldRun(state: ProcessState): boolean {
  return state !== "stopped" && state !== "failed";
}

/** A process as it is kept on disk, for the next supervisor. */
export interface ProcessRecord {
  name: string;
  /** Who applied it last. Removals by other owners are ignored. */
  owner: string;
  spec: ProcessSpec;
  state: ProcessState;
  /** ISO 8601 time of the last change of state. */
  since: string;
  /** Number of the start among all processes: the last to start is the first to stop. */
  order: number;
  /** Starts after the first one. */
  restarts: number;
  lastExit?: Exit;
  running?: RunningProcess;
}

export interface RunningProcess extends ProcessIdentity {
  phase: "init" | "main";
  /** Byte of the log file where the output of this start begins. */
  logStart: number;
  /**
   * Mark of this start, which distinguishes it from other starts under the same name. Absent in
   * records of earlier versions.
   */
  mark?: string;
}

/** Mark of this start's processes only. Those of an earlier version are found by their session. */
export function markOfRun(running: RunningProcess | undefined): ProcessMark {
  return { value: running?.mark ?? "none", log: undefined };
}

/**
 * Keeps one file for each process, with mode 0600 since it holds secrets. Writes nothing once the
 * supervisor's directory was replaced by another.
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

  /**
   * A full disk must not end the supervisor, which knows all of this: only the next one would lack
   * what could not be recorded.
   */
  save(record: ProcessRecord): void {
    if (!this.paths.isIntact) return;
    try {
      writeAtomically(this.file(record.name), JSON.stringify(record));
    } catch (error) {
      console.error(`The record of '${record.name}' cannot be written: ${(error as Error).message}`);
    }
  }

  delete(name: string): void {
    if (this.paths.isIntact) rmSync(this.file(name), { force: true });
  }

  private file(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}

/** Creates nothing, as a preview requires. */
export function readProcessRecords(directory: string): ProcessRecord[] {
  const folder = join(directory, "supervisor", "processes");
  return existsSync(folder) ? readRecords(folder) : [];
}

function readRecords(folder: string): ProcessRecord[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readRecord(join(folder, name)) ?? [])
    .sort((a, b) => a.order - b.order);
}

/** Undefined when it was removed meanwhile. */
function readRecord(file: string): ProcessRecord | undefined {
  const remedy = () => `Type: rm '${file}', then 'make up', which writes it again`;
  return readJsonFile<ProcessRecord>(file, "The record of a process", remedy);
}
