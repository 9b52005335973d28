/** How the supervisor finds out that a process is ready. Ports are on 127.0.0.1. */
export type Probe =
  | { kind: "tcp"; port: number }
  /** Ready once `path` answers with any 2xx. */
  | { kind: "http"; port: number; path: string }
  /**
   * Ready once it answers `send` (base64) with bytes that match the regular expression `expect`,
   * each taken for a character. Unlike a connection, which the system accepts for a process that
   * is suspended, an answer shows that the server works.
   */
  | { kind: "exchange"; port: number; send: string; expect: string }
  /** Ready once a line of its output contains `line`. */
  | { kind: "log"; line: string };

/** Work done once before the first start, as an init container does. */
export interface InitStep {
  command: string;
  args: string[];
  /** Text for its standard input. @default none */
  stdin?: string;
  /** Path that exists once the step has succeeded. While it exists, the step is skipped. */
  creates: string;
}

/** One process, as plain data that the engine can store and compare. */
export interface ProcessSpec {
  /** Absolute path, or a name looked up on PATH. */
  command: string;
  args: string[];
  /**
   * Added to the supervisor's PATH, HOME, LANG, TZ, TMPDIR and NODE_COMPILE_CACHE, the only
   * variables that a process inherits.
   */
  environment: Record<string, string>;
  /** Like `environment`, but kept out of plans, logs and plain state. */
  secrets: Record<string, string>;
  /** Working folder, absolute; created if it is missing. */
  cwd: string;
  /** Content by absolute path, written before each start. A change restarts the process. */
  files: Record<string, string>;
  init: InitStep[];
  /**
   * Absolute paths of files in which it keeps its process number, each in the folder that it works
   * in. One that it left when it was killed is removed before the next start, since another program
   * may have the number by then. @default none
   */
  pidFiles?: string[];
  /** Ports that it listens on, by purpose; each must be free before the first start. */
  ports: Record<string, number>;
  ready: Probe;
  /**
   * Repeated every few seconds while it is ready: after three failures in a row it is unready until
   * it answers again. It is not restarted. @default `ready`, unless that reads the log
   */
  live?: Probe;
  /** Seconds until a start that is not ready counts as failed. */
  readyTimeoutSeconds: number;
  restart: "always" | "on-failure" | "never";
  /** `graceSeconds` after `signal`, SIGKILL follows. */
  stop: { signal: "SIGTERM" | "SIGINT" | "SIGQUIT"; graceSeconds: number };
  /** Runs it without root's identity, because PostgreSQL refuses to run as root. */
  dropRoot: boolean;
  /**
   * The process listens with SO_REUSEPORT, so a new specification starts its process next to the
   * running one, which ends once the new one listens. If the new one never listens, the running one
   * stays. Linux only. @default false
   */
  handover?: boolean;
  /** A hash of the code that it runs: a change restarts the process. */
  revision: string;
}

/**
 * Values that no message may show. What an init step reads from its input never enters a message.
 */
export function secretsOf(spec: ProcessSpec): string[] {
  return Object.values(spec.secrets);
}

/**
 * Whether a process may have this name: its log is named so, and `supervisor` names the
 * supervisor's log.
 */
export function isProcessName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name) && name !== "supervisor";
}
