/** What runs: a process of the local stack, or a workload of a cluster. */
export interface Resource {
  name: string;
  kind: "service" | "database" | "cache" | "broker" | "registry" | "observability" | "other";
  state: "starting" | "ready" | "unready" | "backing-off" | "stopped" | "failed";
  /** ISO 8601 time of the last change of state. */
  since: string;
  pid?: number;
  restarts: number;
  /** Such as `exit code 1` or `SIGKILL`. */
  lastExit?: string;
  endpoints: { name: string; url: string }[];
  /** Share of one core, 1 being all of it. Absent while unknown. */
  cpu?: number;
  /** Bytes. */
  memory?: number;
  /** Values of secrets are `***`. */
  environment: Record<string, string>;
  /** Names of resources that it connects to: the arrows of the graph. */
  uses: string[];
  /** What a person may do with it; empty where the page is read-only. */
  actions: ("start" | "stop" | "restart")[];
}
