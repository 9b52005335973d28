import type { ProcessSpec } from "./spec.ts";
import type { Exit, ProcessState } from "./state.ts";

/** A process as `status` reports it; nothing secret. */
export interface ProcessStatus {
  name: string;
  state: ProcessState;
  /** ISO 8601 time of the last change of state. */
  since: string;
  pid?: number;
  /** Starts after the first one. */
  restarts: number;
  lastExit?: Exit;
}

/** A connection carries one request and its response, each a line of JSON. */
export type Request =
  | { method: "ping" }
  | { method: "apply"; name: string; spec: ProcessSpec; owner: string }
  | { method: "remove"; name: string; owner?: string }
  /** Runs what was applied last, if it does not run; resolves once it is ready. */
  | { method: "start"; name: string }
  /** Ends it until it is started or applied. */
  | { method: "stop"; name: string }
  | { method: "restart"; name: string }
  | { method: "status" }
  /** Why a process is not ready yet, for a person who waits for it. */
  | { method: "progress"; name: string }
  | { method: "runs"; name: string; spec: ProcessSpec }
  /** Stops and forgets all processes, then ends the supervisor. */
  | { method: "stopAll" };

export interface Results {
  ping: { pid: number };
  apply: ProcessStatus;
  remove: null;
  start: ProcessStatus;
  stop: null;
  restart: ProcessStatus;
  status: ProcessStatus[];
  progress: string | null;
  runs: boolean;
  stopAll: null;
}

export type Response = { result: unknown } | { error: string };
