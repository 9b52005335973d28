import type { ProcessStatus } from "./process/managed-process.ts";
import type { ProcessSpec } from "./spec.ts";

/** One request a connection, one line of JSON each way. */
export type Request =
  | { method: "ping" }
  | { method: "apply"; name: string; spec: ProcessSpec; owner: string }
  | { method: "remove"; name: string; owner?: string }
  | { method: "status" }
  | { method: "runs"; name: string; spec: ProcessSpec }
  /** Stops and forgets everything, then ends the supervisor itself. */
  | { method: "stopAll" };

export interface Results {
  ping: { pid: number };
  apply: ProcessStatus;
  remove: null;
  status: ProcessStatus[];
  runs: boolean;
  stopAll: null;
}

export type Response = { result: unknown } | { error: string };
