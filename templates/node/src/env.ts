const RATIO = "a number from 0 to 1";
const URL_RULE = [/^https?:\/\/[^/]/, "a URL that begins with http:// or https://"] as const;
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** What the platform tells this service, checked. */
export interface Env {
  name: string;
  version: string;
  host: string;
  port: number;
  /** Names under which it answers besides the loopback's; undefined: any. */
  allowedHosts: string[] | undefined;
  logLevel: string;
  brokers: string[];
  registryUrl: string;
  topic: string;
  /** Where records go that cannot be read. */
  deadLetterTopic: string;
  /** Of a service that each new notice is sent to; undefined: there is none. */
  forwardUrl: string | undefined;
  /** Begins the name of each metric. */
  metricsPrefix: string;
  /** How many tenants have metrics of their own. */
  metricsTenants: number;
  /** Share of the traces beginning here that are recorded. */
  sampleRatio: number;
}

/** @throws one Error that lists every fault, one a line; a value is never repeated, since it may be a secret */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const faults: string[] = [];
  const read = (name: string, fallback: string | undefined, good: RegExp, rule: string): string => {
    const text = source[name] || fallback;
    if (text === undefined) faults.push(`${name} is missing`);
    else if (!good.test(text)) faults.push(`${name} must be ${rule}`);
    return text ?? "";
  };
  const port = Number(read("PORT", "8099", /^\d+$/, "a port from 0 to 65535"));
  const sampleRatio = Number(read("OTEL_TRACES_SAMPLER_ARG", "1", /^(0|1|[01]?\.\d+)$/, RATIO));
  if (sampleRatio > 1) faults.push(`OTEL_TRACES_SAMPLER_ARG must be ${RATIO}`);
  if (port > 65_535) faults.push("PORT must be a port from 0 to 65535");
  const env: Env = {
    name: source.SERVICE_NAME || "sample-service",
    version: source.VERSION || "0.0.0-dev",
    host: source.HOST || "127.0.0.1",
    port,
    allowedHosts: source.ALLOWED_HOSTS
      ? read("ALLOWED_HOSTS", undefined, /^[\w.-]+(,[\w.-]+)*$/, "host names without port, parted by commas")
          .toLowerCase()
          .split(",")
      : undefined,
    logLevel: read("LOG_LEVEL", "info", new RegExp(`^(${LEVELS.join("|")})$`), `one of ${LEVELS.join(", ")}`),
    brokers: read(
      "KAFKA_BROKERS",
      undefined,
      /^[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*$/,
      "host:port, several parted by commas",
    ).split(","),
    registryUrl: read("SCHEMA_REGISTRY_URL", undefined, ...URL_RULE).replace(/\/$/, ""),
    topic: source.TOPIC_V1_SYSTEM || "V1_SYSTEM",
    deadLetterTopic: source.TOPIC_V1_SYSTEM_DLQ || "V1_SYSTEM_DLQ",
    forwardUrl: source.FORWARD_URL && read("FORWARD_URL", undefined, ...URL_RULE).replace(/\/$/, ""),
    metricsPrefix: read(
      "METRICS_PREFIX",
      "",
      /^([a-zA-Z][a-zA-Z0-9_]*_)?$/,
      "the beginning of a metric's name, such as shop_",
    ),
    metricsTenants: Number(read("METRICS_TENANTS", "100", /^(\d{1,4}|10000)$/, "a whole number from 0 to 10000")),
    sampleRatio,
  };
  if (faults.length > 0)
    throw new Error(`The environment is not complete:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  return env;
}
