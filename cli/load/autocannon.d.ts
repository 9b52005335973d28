/** The types of autocannon 9 that are used here; the package has none. */
declare module "autocannon" {
  export interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Requests a second of all connections together. @default as many as are answered */
    overallRate?: number;
    headers: Record<string, string>;
    requests: { method: "GET" | "POST"; path: string; body?: string }[];
  }
  export interface Result {
    /** Seconds. */
    duration: number;
    "2xx": number;
    non2xx: number;
    errors: number;
    timeouts: number;
    /** Milliseconds. */
    latency: { p50: number; p99: number };
  }
  export interface Run extends Promise<Result> {
    /** `response`: for each answer. `tick`: each second. */
    on(
      event: "response",
      listener: (client: unknown, statusCode: number, bytes: number, milliseconds: number) => void,
    ): this;
    on(event: "tick", listener: () => void): this;
    stop(): void;
  }
  export default function autocannon(options: Options): Run;
}
