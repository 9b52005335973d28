import * as Type from "typebox";
import { isValid, parseText, type VariableRule } from "./variable-rule.ts";

/**
 * Reads the variables by their rules: TypeBox schemas, which also carry the default and, as
 * `expected`, the end of the sentence about a refused text. An empty variable counts as missing.
 *
 * @throws one Error that lists every fault, one a line. It repeats no value: each may be a secret.
 */
export function readEnv<const Variables extends Type.TProperties>(
  variables: Variables,
  source: Record<string, string | undefined> = process.env,
): Values<Variables> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, rule] of Object.entries<VariableRule>(variables)) {
    const text = source[name];
    const value = text ? parseText(rule, text) : rule.default;
    if (value === undefined) {
      if (!Type.IsOptional(rule)) faults.push(`${name} is missing`);
    } else if (isValid(rule, value)) values[name] = value;
    else faults.push(`${name} must be ${rule.expected}`);
  }
  if (faults.length > 0)
    throw new Error(`The environment is not complete:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  return values as Values<Variables>;
}

type Values<Variables extends Type.TProperties> = Readonly<Type.Static<Type.TObject<Variables>>>;

/** A variable that may be missing. */
export const optional = <Rule extends Type.TSchema>(rule: Rule) => Type.Optional(rule);

export const text = (fallback?: string) => Type.String(withDefault(fallback));

/** A whole number from `minimum` to `maximum`, both included. */
export const integer = (minimum: number, maximum: number, fallback?: number) =>
  Type.Integer({
    minimum,
    maximum,
    expected: `a whole number from ${minimum} to ${maximum}`,
    ...withDefault(fallback),
  });

/** A number from 0 to 1. */
export const ratio = () => Type.Number({ minimum: 0, maximum: 1, expected: "a number from 0 to 1" });

/** A port to listen on; 0 stands for any free one. */
export const port = (fallback?: number) => integer(0, 65_535, fallback);

/** A URL with one of the protocols, such as `url("postgresql", "postgres")`. */
export const url = (...protocols: string[]) =>
  Type.Refine(
    Type.String({ expected: `a URL that begins with ${protocols.map((name) => `${name}://`).join(" or ")}` }),
    (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)),
  );

/** Origins of web pages, such as `https://shop.example`, separated by commas; `*` is any origin. */
export const originList = () =>
  Type.Array(
    Type.Refine(
      Type.String(),
      (origin) => origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin),
    ),
    { expected: "origins such as https://shop.example, separated by commas, or *", emptyItems: true, default: [] },
  );

/** Host names without port, separated by commas. */
export const hostNames = () =>
  Type.Array(Type.String({ pattern: /^[\w.-]+$/ }), {
    expected: "host names without port, separated by commas",
    emptyItems: true,
  });

/** `host:port`, separated by commas. */
export const hostList = () =>
  Type.Array(Type.String({ pattern: /^[^\s:]+:\d{1,5}$/ }), { expected: "host:port, separated by commas" });

export const oneOf = <const Names extends string[]>(names: readonly [...Names], fallback?: Names[number]) =>
  Type.Enum(names, { expected: `one of ${names.join(", ")}`, ...withDefault(fallback) });

const withDefault = <T>(fallback: T | undefined) => (fallback === undefined ? {} : { default: fallback });

/** The variables that the platform sets for every service, with the same names in each runtime. */
export const platformVariables = {
  DATABASE_URL: url("postgresql", "postgres"),
  REDIS_URL: url("redis", "rediss"),
  KAFKA_BROKERS: hostList(),
  SCHEMA_REGISTRY_URL: url("http", "https"),
  HOST: text("127.0.0.1"),
  SHARE_PORT: oneOf(["0", "1"], "0"),
  /**
   * Names under which the service answers over HTTP, besides the loopback's. Without it any: in a
   * cluster the gateway chooses.
   */
  ALLOWED_HOSTS: optional(hostNames()),
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
  /** Share, from 0 to 1, of the traces beginning here that are recorded. @default up to a rate */
  OTEL_TRACES_SAMPLER_ARG: optional(ratio()),
  /** Name of the service in traces, where it differs from SERVICE_NAME. */
  OTEL_SERVICE_NAME: optional(text()),
  /** More attributes of the service in traces, such as `deployment.environment.name=prod`. */
  OTEL_RESOURCE_ATTRIBUTES: optional(text()),
  /** URL of the Loki that takes each tenant's own lines. */
  LOKI_URL: optional(url("http", "https")),
  /**
   * Requests whose line is pushed to the tenant. The console's line of every request names its
   * tenant already, and a pushed one costs five times as much.
   */
  LOKI_REQUEST_LINES: oneOf(["all", "failed", "none"], "failed"),
  /** Precedes the name of each of the service's metrics, such as `shop_`. */
  METRICS_PREFIX: Type.String({
    pattern: /^([a-zA-Z][a-zA-Z0-9_]*_)?$/,
    expected: "the beginning of a metric's name, such as shop_",
    default: "",
  }),
  /** How many tenants have metrics of their own; the others are counted together. */
  METRICS_TENANTS: integer(0, 10_000, 100),
} as const;

export type PlatformEnv = Values<typeof platformVariables>;
