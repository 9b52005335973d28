/** How the supervisor learns that a process serves. Ports are on 127.0.0.1. */
export type Probe =
  | { kind: "tcp"; port: number }
  | { kind: "http"; port: number /** Any 2xx counts. */; path: string }
  | { kind: "log" /** A line of its output that contains this text. */; line: string };

/** Work done once before the first start, as an init container does. */
export interface InitStep {
  command: string;
  args: string[];
  /** Text for its standard input. @default none */
  stdin?: string;
  /** Path that exists once the step has succeeded; when it is there, the step is skipped. */
  creates: string;
}

/**
 * Everything there is to know about one process; plain data, so that the engine stores and compares
 * it.
 */
export interface ProcessSpec {
  /** Absolute path, or a name looked up on PATH. */
  command: string;
  args: string[];
  /**
   * Added to PATH, HOME, LANG, TZ, TMPDIR and NODE_COMPILE_CACHE of the supervisor; nothing else is
   * inherited.
   */
  environment: Record<string, string>;
  /** Like `environment`, but kept out of plans, logs and plain state. */
  secrets: Record<string, string>;
  /** Working folder, absolute; made when missing. */
  cwd: string;
  /** Files written before each start: absolute path → content. A change restarts the process. */
  files: Record<string, string>;
  init: InitStep[];
  /** Ports it will listen on, by purpose; each must be free before the first start. */
  ports: Record<string, number>;
  ready: Probe;
  /** Seconds until a start that is not ready counts as failed. */
  readyTimeoutSeconds: number;
  restart: "always" | "on-failure" | "never";
  stop: { signal: "SIGTERM" | "SIGINT" | "SIGQUIT" /** Seconds until SIGKILL. */; graceSeconds: number };
  /** PostgreSQL refuses to run as root: true runs it without root's identity. */
  dropRoot: boolean;
  /**
   * It listens with SO_REUSEPORT: the process of another specification is started beside it and,
   * once that one listens, takes its place. One that does not come to listen changes nothing. Linux
   * only. @default false
   */
  handover?: boolean;
  /** Anything whose change must restart the process: a hash of the code it runs. */
  revision: string;
}
