/**
 * One variable of the environment, and how its text becomes a value. `parse` throws an error whose
 * message continues "PORT …".
 */
export interface Variable<T> {
  parse(text: string): T;
  /** Text that replaces a missing or empty one. @default none: the variable is required */
  fallback?: string;
  /** Whether a missing or empty variable has the value undefined. @default false */
  optional?: boolean;
}

type Values<Spec> = { readonly [Name in keyof Spec]: Spec[Name] extends Variable<infer T> ? T : never };

/**
 * Reads the variables that `spec` names.
 *
 * @throws one Error that lists every fault, one a line. It repeats no value: each may be a secret.
 */
export function readEnv<const Spec extends Record<string, Variable<unknown>>>(
  spec: Spec,
  source: Record<string, string | undefined> = process.env,
): Values<Spec> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, variable] of Object.entries(spec)) {
    const text = source[name] || variable.fallback;
    if (text === undefined) {
      if (!variable.optional) faults.push(`${name} is missing`);
      continue;
    }
    try {
      values[name] = variable.parse(text);
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`);
    }
  }
  if (faults.length > 0)
    throw new Error(`The environment is not complete:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  return values as Values<Spec>;
}

/** A variable that may be missing; its value is then undefined. */
export function optional<T>(variable: Variable<T>): Variable<T | undefined> {
  return { ...variable, optional: true };
}

export function text(fallback?: string): Variable<string> {
  return withFallback({ parse: (value) => value }, fallback);
}

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number, fallback?: number): Variable<number> {
  const parse = (value: string) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new Error(`must be a whole number from ${min} to ${max}`);
    return number;
  };
  return withFallback({ parse }, fallback?.toString());
}

/** A number from 0 to 1. */
export function ratio(): Variable<number> {
  return {
    parse(value) {
      const number = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= 0 && number <= 1)) throw new Error("must be a number from 0 to 1");
      return number;
    },
  };
}

/** A port to listen on; 0 stands for any free one. */
export function port(fallback?: number): Variable<number> {
  return integer(0, 65_535, fallback);
}

/** A URL with one of the protocols, such as `url("postgresql", "postgres")`. */
export function url(...protocols: string[]): Variable<string> {
  return {
    parse(value) {
      const { protocol } = URL.canParse(value) ? new URL(value) : { protocol: "" };
      if (!protocols.includes(protocol.slice(0, -1)))
        throw new Error(`must be a URL that begins with ${protocols.map((name) => `${name}://`).join(" or ")}`);
      return value;
    },
  };
}

/** Origins of web pages, such as `https://shop.example`, separated by commas; `*` is any origin. */
export function originList(): Variable<string[]> {
  return {
    fallback: "",
    parse(value) {
      const origins = value
        .split(",")
        .map((origin) => origin.trim())
        .filter(Boolean);
      if (!origins.every((origin) => origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin)))
        throw new Error("must be origins such as https://shop.example, separated by commas, or *");
      return origins;
    },
  };
}

/** `host:port`, separated by commas. */
export function hostList(): Variable<string[]> {
  return {
    parse(value) {
      const hosts = value.split(",").map((host) => host.trim());
      if (!hosts.every((host) => /^[^\s:]+:\d{1,5}$/.test(host)))
        throw new Error("must be host:port, separated by commas");
      return hosts;
    },
  };
}

export function oneOf<const Names extends readonly string[]>(
  names: Names,
  fallback?: Names[number],
): Variable<Names[number]> {
  const parse = (value: string): Names[number] => {
    if (!names.includes(value)) throw new Error(`must be one of ${names.join(", ")}`);
    return value;
  };
  return withFallback({ parse }, fallback);
}

function withFallback<T>(variable: Variable<T>, fallback: string | undefined): Variable<T> {
  return fallback === undefined ? variable : { ...variable, fallback };
}

/** The variables that the platform sets for every service, with the same names in each runtime. */
export const platformVariables = {
  DATABASE_URL: url("postgresql", "postgres"),
  REDIS_URL: url("redis", "rediss"),
  KAFKA_BROKERS: hostList(),
  SCHEMA_REGISTRY_URL: url("http", "https"),
  HOST: text("127.0.0.1"),
  SHARE_PORT: oneOf(["0", "1"], "0"),
  LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "info"),
  VERSION: text("0.0.0-dev"),
  /** Origins whose pages may call the service from a browser. */
  CORS_ORIGINS: originList(),
  /** Requests of one tenant over all replicas; 0 is no limit. */
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000_000, 0),
  /** Name of the stack, a label of the lines in Loki. */
  ENVIRONMENT: text("local"),
  /** URL of an OTLP receiver over HTTP. Without it no trace is recorded. */
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(url("http", "https")),
  /** Share, from 0 to 1, of the traces beginning here that are recorded. */
  OTEL_TRACES_SAMPLER_ARG: optional(ratio()),
  /** Name of the service in traces, where it differs from SERVICE_NAME. */
  OTEL_SERVICE_NAME: optional(text()),
  /** More attributes of the service in traces, such as `deployment.environment.name=prod`. */
  OTEL_RESOURCE_ATTRIBUTES: optional(text()),
  /** URL of the Loki that takes each tenant's own lines. */
  LOKI_URL: optional(url("http", "https")),
} as const;

export type PlatformEnv = Values<typeof platformVariables>;
