/** What the page shows of the stack as a whole. */
export interface PlatformSummary {
  stack: string;
  runtime: "process" | "kubernetes";
  /** True for a cluster: nothing can be changed from the page. */
  readOnly: boolean;
  /** Views whose source is missing, with the reason: `{ topics: "the broker does not answer" }`. */
  unavailable: Record<string, string>;
}

export interface SchemaSubject {
  subject: string;
  versions: number[];
  compatibility: string;
  /** JSON of the newest version. */
  schema: string;
}

export interface CompatibilityResult {
  compatible: boolean;
  messages: string[];
}

export interface TenantSummary {
  id: number;
  name: string;
  /** Tables with rows of this tenant. */
  rows: Record<string, number>;
  /** Lines in the last day. */
  lines: number;
  cacheUser?: string;
}

/** A line or bar of a panel. Values are null where there are no data. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  /** Seconds since 1970. */
  times: number[];
  values: (number | null)[];
}

/** A measured request that leads to its trace. */
export interface Exemplar {
  /** Seconds since 1970. */
  time: number;
  value: number;
  traceId: string;
  labels: Record<string, string>;
}
