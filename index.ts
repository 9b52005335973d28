import { root } from "@plinth/local/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { clusterAccess } from "./components/base/runtime.ts";
import { CitusCluster } from "./components/citus/citus-cluster.ts";
import { readConfig } from "./components/config/config.ts";
import { createStackPasswords } from "./components/config/passwords.ts";
import { PlatformGateway } from "./components/gateway/platform-gateway.ts";
import { createRuntime } from "./components/namespace/create-runtime.ts";
import { ObservabilityStack } from "./components/observability/observability-stack.ts";
import { telemetryEndpoints } from "./components/observability/telemetry-endpoints.ts";
import { RedisCache } from "./components/redis/redis-cache.ts";
import { RedpandaCluster } from "./components/redpanda/redpanda-cluster.ts";
import { readCheckedSchemas } from "./components/schemas/checked-schemas.ts";
import { PlatformSchemas } from "./components/schemas/platform-schemas.ts";
import { discoverServices } from "./components/service/descriptor.ts";
import { platformEnvironment } from "./components/service/environment.ts";
import { MicroserviceApp } from "./components/service/microservice-app.ts";
import { Tenants } from "./components/tenants/tenants.ts";

const config = readConfig();
// First of all, so that a refused schema or descriptor changes nothing.
const schemas = readCheckedSchemas();
const descriptors = discoverServices(root);

const runtime = createRuntime(config.runtime);
const passwords = createStackPasswords(config);
const database = new CitusCluster(
  "citus",
  { runtime, ...config.citus, ...passwords.database },
  { protect: config.isProtected("citus") },
);
const cache = new RedisCache(
  "redis",
  { runtime, ...config.redis, ...passwords.cache },
  { protect: config.isProtected("redis") },
);
const broker = new RedpandaCluster(
  "redpanda",
  { runtime, ...config.redpanda, allowedNamespaces: config.keda ? ["keda"] : [] },
  { protect: config.isProtected("redpanda") },
);
if (config.observability.enabled)
  new ObservabilityStack("observability", {
    runtime,
    ...config.observability,
    services: descriptors,
    databasePassword: passwords.database.password,
    tenants: config.tenants,
    grafana: passwords.grafana,
    database: database.endpoint,
    cache: cache.endpoint,
  });

const addresses = { brokers: broker.endpoint.url, schemaRegistryUrl: broker.registry.url };
const contracts = new PlatformSchemas("schemas", {
  ...addresses,
  ...clusterAccess(runtime),
  replicationFactor: broker.replicationFactor,
  schemas,
});
const tenants = new Tenants("tenants", {
  databaseUrl: database.endpoint.url,
  brokers: broker.endpoint.url,
  cacheUrl: cache.endpoint.url,
  ...clusterAccess(runtime),
  ...(database.admin && { citus: database.admin }),
  tenants: config.tenants,
  tenantSecret: passwords.tenants,
});

const platform = {
  database: database.endpoint,
  cache: cache.endpoint,
  broker: broker.endpoint,
  registry: broker.registry,
  telemetry: telemetryEndpoints(runtime, config.observability),
};
const gateway =
  config.gateway && runtime.kind === "kubernetes"
    ? new PlatformGateway("gateway", { runtime, ...config.gateway })
    : undefined;
const services = descriptors.map((descriptor) => {
  const { name } = descriptor;
  const args = {
    runtime,
    descriptor,
    platform,
    image: config.images[name],
    resources: config.resources[name],
    environment: config.environment(name),
    sizes: config.service,
    keda: config.keda,
    gateway,
  };
  return { name, app: new MicroserviceApp(name, args, { dependsOn: [contracts, tenants] }) };
});

/** Addresses for people; a password is shown only when it is the default one. */
export const endpoints = {
  postgresql: maskPassword(database.endpoint.url),
  redis: maskPassword(cache.endpoint.url),
  kafka: broker.endpoint.url,
  "schema registry": broker.registry.url,
  ...Object.fromEntries(services.map(({ name, app }) => [name, app.url])),
};

const contract = platformEnvironment(platform, runtime.kind === "process" ? runtime.stack : runtime.namespace);
/** The environment contract, for programs outside of the stack. */
export const environment = pulumi.secret(pulumi.output({ ...contract.plain, ...contract.secret }));

/** Where the stack runs: the folder of its data and logs, or the context and namespace. */
export const location = runtime.kind === "process" ? { directory: runtime.directory } : runtime.cluster;

function maskPassword(url: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.unsecret(url).apply((text) => text.replace(/:(?!app@)[^:@/]+@/, ":…@"));
}
