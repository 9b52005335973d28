import { isAbsolute, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { type Filled, withDefaults } from "@plinth/local/validation/defaults.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../base/runtime.ts";
import { type Sizes, sizes } from "../base/sizes.ts";
import type { KubernetesRuntimeSettings, ProcessRuntimeSettings } from "../namespace/create-runtime.ts";
import { scrapers } from "../observability/kubernetes/scrapers.ts";
import {
  type ClusterObservability,
  checkClusterObservability,
  observabilitySecrets,
} from "../observability/kubernetes/settings.ts";
import { discoverServices } from "../service/descriptor.ts";
import type { Variables } from "../service/environment.ts";
import { parseVariables } from "../service/variables.ts";
import { parseTenants, type TenantDeclaration } from "../tenants/declaration.ts";
import { configured, isSecret, parseJson, readSettings, rejectUnknownKeys } from "./read-settings.ts";
import { clusterSettings, commonSettings, PROJECT, processSettings } from "./settings.ts";

type ClusterSettings = Filled<typeof clusterSettings>;
type CommonSettings = Filled<typeof commonSettings>;

/** A stack's validated configuration with defaults. Nothing else reads configuration. */
export interface PlatformConfig extends Pick<ClusterSettings, "images" | "resources" | "keda"> {
  runtime: ProcessRuntimeSettings | KubernetesRuntimeSettings;
  /** Undefined for the default one, or in production a generated one. */
  passwords: {
    database: pulumi.Output<string> | undefined;
    cache: pulumi.Output<string> | undefined;
    rotation: string;
  };
  citus: Sizes["citus"] & ClusterSettings["citus"];
  redpanda: Sizes["redpanda"] & ClusterSettings["redpanda"] & { consoleImage: string | undefined };
  redis: Sizes["redis"] & ClusterSettings["redis"];
  service: Sizes["service"];
  gateway: ClusterSettings["gateway"] | undefined;
  observability: CommonSettings["observability"];
  /** Variables in addition to the contract; all are secret when any value was set as one. */
  environment: (service: string) => Variables;
  tenants: TenantDeclaration[];
  /** Whether the engine may not delete the component. */
  isProtected: (component: "citus" | "redpanda" | "redis") => boolean;
}

/** Reads this stack's configuration. @throws UserError naming key, value and what it must be */
export function readConfig(): PlatformConfig {
  rejectOtherProject();
  const config = new pulumi.Config();
  const common = withDefaults(commonSettings, readSettings(commonSettings), "development");
  rejectUnknownKeys(common.runtime);
  const onProcesses = common.runtime === "process";
  const given = onProcesses ? {} : readSettings(clusterSettings);
  const profile = given.profile ?? "development";
  const cluster = withDefaults(clusterSettings, given, profile);
  const size = sizes[profile];
  const isProduction = profile === "production";
  rejectPlainRegistryPassword(cluster.redpanda);
  const { observability } = common;
  if (!onProcesses) checkObservability(observability, profile);
  return {
    runtime: onProcesses ? readProcessRuntime() : readClusterRuntime(cluster, observability),
    passwords: {
      database: config.getSecret("databasePassword"),
      cache: config.getSecret("cachePassword"),
      rotation: common.rotation,
    },
    citus: { ...size.citus, ...cluster.citus },
    redpanda: {
      ...size.redpanda,
      ...cluster.redpanda,
      console: cluster.redpanda.console || observability.tools.includes("console"),
      consoleImage: observability.images.console,
    },
    redis: { ...size.redis, ...cluster.redis },
    service: { ...size.service, replicas: resolveReplicas(cluster.services, given.services) },
    images: cluster.images,
    resources: cluster.resources,
    environment: readEnvironment(),
    gateway: cluster.gateway,
    observability,
    keda: cluster.keda,
    tenants: readTenants(),
    isProtected: (component) => isProduction && !common.destroyable.includes(component),
  };
}

/**
 * Commands find stack files, state and locks by the project's name; `pulumi new` asks for another.
 */
function rejectOtherProject(): void {
  const project = pulumi.getProject();
  if (project !== PROJECT)
    throw new UserError(
      `Pulumi.yaml names the project '${project}', but stacks and commands go by '${PROJECT}': write 'name: ${PROJECT}' there, or begin with 'pulumi new … --name ${PROJECT}'.`,
    );
}

function readProcessRuntime(): ProcessRuntimeSettings {
  const stack = pulumi.getStack();
  const {
    portOffset,
    allowedHosts,
    directory = join(".plinth", stack),
  } = withDefaults(processSettings, readSettings(processSettings), "development");
  const absolute = isAbsolute(directory) ? directory : join(root, directory);
  return { kind: "process", stack, directory: absolute, portOffset, allowedHosts };
}

function readClusterRuntime(
  { namespace, profile, kubernetesContext, stackId }: ClusterSettings,
  observability: ClusterObservability,
): KubernetesRuntimeSettings {
  return {
    kind: "kubernetes",
    namespace,
    profile,
    scrapers: scrapers(observability, namespace),
    ...(kubernetesContext !== undefined && { context: kubernetesContext }),
    ...(stackId !== undefined && { stackId }),
  };
}

/** A minimum above the default maximum raises it; a configured maximum is never overruled. */
function resolveReplicas(
  { minReplicas: min, maxReplicas }: ClusterSettings["services"],
  given: { maxReplicas?: number } = {},
): Sizes["service"]["replicas"] {
  const max = given.maxReplicas ?? Math.max(min, maxReplicas);
  if (min > max)
    throw new UserError(`Configuration 'services': 'minReplicas' is ${min}, but 'maxReplicas' only ${max}.`);
  return { min, max };
}

function rejectPlainRegistryPassword({ external }: ClusterSettings["redpanda"]): void {
  if (external && new URL(external.schemaRegistryUrl).password !== "" && !isSecret("redpanda"))
    throw new UserError(
      "Configuration 'redpanda' has a password in plain text: set it again with 'pulumi config set --secret redpanda …'.",
    );
}

/** The engine keeps plain configuration in the state, and encrypts only whole keys. */
function checkObservability(settings: CommonSettings["observability"], profile: Profile): void {
  checkClusterObservability(settings, profile);
  const [plain] = isSecret("observability") ? [] : observabilitySecrets(settings);
  if (plain !== undefined)
    throw new UserError(
      `Configuration 'observability' has '${plain}' in plain text: set it again with 'pulumi config set --path --secret observability.${plain} …'.`,
    );
}

function readEnvironment(): PlatformConfig["environment"] {
  const text = configured("environment");
  if (text === undefined) return () => ({ plain: {}, secret: {} });
  const services = discoverServices(root).map(({ name }) => name);
  const variablesOf = inConfiguration(() => parseVariables(parseJson(text), services));
  // The engine reports secrets by key, not by the value within it.
  return isSecret("environment")
    ? (service) => ({ plain: {}, secret: variablesOf(service) })
    : (service) => ({ plain: variablesOf(service), secret: {} });
}

function readTenants(): TenantDeclaration[] {
  return inConfiguration(() => parseTenants(configured("tenants") ?? commonSettings.properties.tenants.default));
}

/** Adds the place to the message of a parser that does not know it. */
function inConfiguration<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UserError ? new UserError(`Configuration ${error.message}.`) : error;
  }
}
