/** From least to most severe. Lines without a known level are `info`. */
export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

/** A line of a process, or one that was pushed for a tenant. */
export interface LogLine {
  /** Nanoseconds since 1970, as decimal text: a double cannot hold them. */
  timeNs: string;
  /** The tenant under which the store keeps it; 10001 is the infrastructure's. */
  account: number;
  service: string;
  env: string;
  version: string;
  level: Level;
  message: string;
  /** The request's tenant, where the line names one. */
  tenant?: number;
  traceId?: string;
  spanId?: string;
  correlationId?: string;
  /** All other fields of a structured line. */
  fields: Record<string, string>;
}

/** Every condition holds; absent ones hold always. */
export interface LogFilter {
  services?: readonly string[];
  /** Least level. */
  level?: Level;
  /** A word or phrase, without regard to case. */
  text?: string;
  tenant?: number;
  traceId?: string;
  spanId?: string;
  /** Milliseconds since 1970. */
  from?: number;
  to?: number;
}

/** Newest first. */
export interface LogPage {
  lines: LogLine[];
  /** Passed as `before` to get older lines; absent at the end. */
  next?: string;
}
