import { isAbsolute, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { resourcesByServiceRule } from "../base/resources.ts";
import { type ContainerResources, type Sizes, sizes } from "../base/sizes.ts";
import { checkFields, isRecord, type Rule } from "../base/validation.ts";
import type { ExternalDatabase } from "../citus/external.ts";
import type { GatewayOptions } from "../gateway/settings.ts";
import type { KubernetesRuntimeSettings, ProcessRuntimeSettings } from "../namespace/create-runtime.ts";
import type { ExternalCache } from "../redis/external.ts";
import type { ExternalBroker } from "../redpanda/external.ts";
import { discoverServices } from "../service/descriptor.ts";
import type { Variables } from "../service/environment.ts";
import { parseVariables } from "../service/variables.ts";
import { parseTenants, type TenantDeclaration } from "../tenants/declaration.ts";
import { destroyableRule, imagesRule, structuredRules } from "./rules.ts";

/**
 * What a stack's configuration file says, validated, with defaults. Nothing else reads
 * configuration.
 */
export interface PlatformConfig {
  runtime: ProcessRuntimeSettings | KubernetesRuntimeSettings;
  /** Undefined: the default one, or in production a generated one. */
  passwords: {
    database: pulumi.Output<string> | undefined;
    cache: pulumi.Output<string> | undefined;
    rotation: string;
  };
  citus: Sizes["citus"] & { exporter: boolean; external?: ExternalDatabase };
  redpanda: Sizes["redpanda"] & { console: boolean; external?: ExternalBroker };
  redis: Sizes["redis"] & { eviction?: "allkeys-lfu"; flavour?: "valkey" | "redis"; external?: ExternalCache };
  service: Sizes["service"];
  /** Image of each service, with its digest. */
  images: Record<string, string>;
  /** What a replica of a service asks for and may take, by service: the last word. */
  resources: Record<string, ContainerResources>;
  /**
   * What a service is given beside the platform's contract; all of it secret when any value was set
   * as one.
   */
  environment: (service: string) => Variables;
  gateway: GatewayOptions | undefined;
  keda: boolean;
  tenants: TenantDeclaration[];
  /** Which part's data the engine may not delete. */
  isProtected: (part: "citus" | "redpanda" | "redis") => boolean;
}

const processKeys = ["directory", "portOffset"];
const clusterKeys = [
  "namespace",
  "profile",
  "kubernetesContext",
  "citus",
  "redpanda",
  "redis",
  "services",
  "resources",
  "images",
  "gateway",
  "keda",
];
const commonKeys = [
  "runtime",
  "tenants",
  "databasePassword",
  "cachePassword",
  "rotation",
  "destroyable",
  "environment",
];

/**
 * Reads this stack's configuration. Throws one sentence naming the key, its value and what is
 * allowed.
 */
export function readConfig(): PlatformConfig {
  const config = new pulumi.Config();
  const kind = readChoice(config, "runtime", "process", "kubernetes");
  rejectUnknownKeys(kind);
  const runtime = kind === "process" ? readProcessSettings(config) : readKubernetesSettings(config);
  const size = sizes[runtime.kind === "process" ? "development" : runtime.profile];
  const { minReplicas: min = size.service.replicas.min, maxReplicas: max = Math.max(min, size.service.replicas.max) } =
    readObject(config, "services") as { minReplicas?: number; maxReplicas?: number };
  if (min > max) throwUserError(`Configuration 'services': 'minReplicas' is ${min}, but 'maxReplicas' only ${max}.`);
  const production = runtime.kind === "kubernetes" && runtime.profile === "production";
  const destroyable = readChecked(config, "destroyable", destroyableRule, []) as string[];
  return {
    runtime,
    passwords: {
      database: readSecret(config, "databasePassword"),
      cache: readSecret(config, "cachePassword"),
      rotation: config.get("rotation") ?? "1",
    },
    citus: { ...size.citus, exporter: true, ...readObject(config, "citus") },
    redpanda: { ...size.redpanda, console: !production, ...readRedpanda(config) },
    redis: { ...size.redis, ...readObject(config, "redis") },
    service: { ...size.service, replicas: { min, max } },
    images: readChecked(config, "images", imagesRule, {}) as Record<string, string>,
    resources: readChecked(config, "resources", resourcesByServiceRule, {}) as Record<string, ContainerResources>,
    environment: readEnvironment(config),
    gateway:
      config.get("gateway") === undefined
        ? undefined
        : (readObject(config, "gateway") as { domain: string; tlsSecret: string }),
    keda: readChoice(config, "keda", "false", "true") === "true",
    tenants: readTenants(config),
    isProtected: (part) => production && !destroyable.includes(part),
  };
}

function rejectUnknownKeys(kind: "process" | "kubernetes"): void {
  const project = `${pulumi.getProject()}:`;
  const known = [...commonKeys, ...(kind === "process" ? processKeys : clusterKeys)];
  const unknown = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(project))
    .map((key) => key.slice(project.length))
    .find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const elsewhere = [...processKeys, ...clusterKeys].includes(unknown) ? ` where 'runtime' is '${kind}'` : "";
  throwUserError(
    `Configuration key '${unknown}' is not known${elsewhere}. Known keys are: ${known.join(", ")}. Remove it with 'pulumi config rm ${unknown}'.`,
  );
}

function readProcessSettings(config: pulumi.Config): ProcessRuntimeSettings {
  const stack = pulumi.getStack();
  const value = config.get("directory") ?? join(".plinth", stack);
  return {
    kind: "process",
    stack,
    directory: isAbsolute(value) ? value : join(root, value),
    portOffset: readPortOffset(config),
  };
}

/** 40,000 leaves every default port a port. @default 0 */
function readPortOffset(config: pulumi.Config): number {
  const value = config.get("portOffset") ?? "0";
  const offset = Number(value);
  if (!Number.isInteger(offset) || offset < 0 || offset > 40_000)
    throwUserError(`Configuration 'portOffset' is '${value}', but must be a whole number from 0 to 40000.`);
  return offset;
}

function readKubernetesSettings(config: pulumi.Config): KubernetesRuntimeSettings {
  const namespace = config.get("namespace") ?? "dev-infra";
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    throwUserError(
      `Configuration 'namespace' is '${namespace}', but must be lower-case letters, digits and dashes, 63 at most.`,
    );
  const context = config.get("kubernetesContext");
  const profile = readChoice(config, "profile", "development", "production");
  return { kind: "kubernetes", namespace, profile, ...(context !== undefined && { context }) };
}

/** One of these texts; the first where nothing is set. */
function readChoice<const T extends string>(config: pulumi.Config, key: string, ...values: [T, ...T[]]): T {
  const value = config.get(key) ?? values[0];
  if (!values.includes(value as T))
    throwUserError(
      `Configuration '${key}' is '${value}', but must be ${values.map((one) => `'${one}'`).join(" or ")}.`,
    );
  return value as T;
}

/** A structured value with those nested in it, each checked against its rules. @default {} */
function readObject(config: pulumi.Config, key: string): Record<string, unknown> {
  const value = readJson(config, key) ?? {};
  const check = (where: string, part: unknown) => {
    if (!isRecord(part))
      return throwUserError(`Configuration '${where}' is ${JSON.stringify(part)}, but must be an object.`);
    withUserErrors(() => checkFields(`Configuration '${where}'`, part, structuredRules[where]!, `'${where}'`));
    for (const [field, nested] of Object.entries(part))
      if (`${where}.${field}` in structuredRules) check(`${where}.${field}`, nested);
  };
  check(key, value);
  return value as Record<string, unknown>;
}

function readRedpanda(config: pulumi.Config): { external?: ExternalBroker } {
  const value: { external?: ExternalBroker } = readObject(config, "redpanda");
  if (value.external && new URL(value.external.schemaRegistryUrl).password !== "" && !isSecret("redpanda"))
    throwUserError(
      "Configuration 'redpanda' has a password in plain text: set it again with 'pulumi config set --secret redpanda …'.",
    );
  return value;
}

function readEnvironment(config: pulumi.Config): PlatformConfig["environment"] {
  const value = readJson(config, "environment");
  if (value === undefined) return () => ({ plain: {}, secret: {} });
  const services = discoverServices(root).map(({ name }) => name);
  const of = withUserErrors(() => parseVariables(value, services), "Configuration ");
  // The engine says of a whole key alone that there are secrets in it, not of which value.
  return isSecret("environment")
    ? (name) => ({ plain: {}, secret: of(name) })
    : (name) => ({ plain: of(name), secret: {} });
}

function readChecked(config: pulumi.Config, key: string, [valid, expected]: Rule, fallback: unknown): unknown {
  const value = readJson(config, key) ?? fallback;
  if (!valid(value)) throwUserError(`Configuration '${key}' is ${JSON.stringify(value)}, but must be ${expected}.`);
  return value;
}

function readJson(config: pulumi.Config, key: string): unknown {
  const text = config.get(key);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Ids and ranges, e.g. "10001,20000-29999", or a list with what each of them has. @default "10001"
 */
function readTenants(config: pulumi.Config): TenantDeclaration[] {
  return withUserErrors(() => parseTenants(config.get("tenants") ?? "10001"), "Configuration ");
}

function readSecret(config: pulumi.Config, key: string): pulumi.Output<string> | undefined {
  const given = config.getSecret(key);
  // Plain configuration is copied as it is into the state and its history.
  if (given !== undefined && !isSecret(key))
    throwUserError(`Configuration '${key}' is in plain text: set it again with 'pulumi config set --secret ${key} …'.`);
  return given;
}

/**
 * Whether the engine decrypted it: it tells the program by this variable, and the SDK offers no
 * other way to ask.
 */
function isSecret(key: string): boolean {
  return (JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[]).includes(
    `${pulumi.getProject()}:${key}`,
  );
}

/** A thrown sentence without its stack trace: the reader's own mistake. */
function withUserErrors<T>(work: () => T, prefix = ""): T {
  try {
    return work();
  } catch (error) {
    return throwUserError(`${prefix}${(error as Error).message}.`);
  }
}

function throwUserError(message: string): never {
  throw new pulumi.RunError(message);
}
