import { root } from "@plinth/runtime/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { CitusCluster } from "./components/citus-cluster.ts";
import { reach } from "./components/component.ts";
import { readConfig } from "./components/config.ts";
import { discoverServices } from "./components/descriptor.ts";
import { platformEnvironment } from "./components/endpoints.ts";
import { MicroserviceApp } from "./components/microservice-app.ts";
import { stackPasswords } from "./components/passwords.ts";
import { PlatformGateway } from "./components/platform-gateway.ts";
import { PlatformSchemas } from "./components/platform-schemas.ts";
import { RedisCache } from "./components/redis-cache.ts";
import { RedpandaCluster } from "./components/redpanda-cluster.ts";
import { openRuntime } from "./components/runtime.ts";
import { gatedSchemas } from "./components/schema-gate.ts";
import { Tenants } from "./components/tenants.ts";

const config = readConfig();
// Before anything is registered: a refused schema must change nothing.
const schemas = gatedSchemas();

const runtime = openRuntime(config.runtime);
const passwords = stackPasswords(config);
const database = new CitusCluster("citus", { runtime, ...config.citus, ...passwords.database }, { protect: config.protects("citus") });
const cache = new RedisCache("redis", { runtime, ...config.redis, ...passwords.cache }, { protect: config.protects("redis") });
const broker = new RedpandaCluster(
  "redpanda",
  { runtime, ...config.redpanda, admit: config.keda ? ["keda"] : [] },
  { protect: config.protects("redpanda") },
);

const addresses = { brokers: broker.endpoint.url, schemaRegistryUrl: broker.registry.url };
const contracts = new PlatformSchemas("schemas", { ...addresses, ...reach(runtime), replicationFactor: broker.replicationFactor, schemas });
const tenants = new Tenants("tenants", {
  databaseUrl: database.endpoint.url,
  brokers: broker.endpoint.url,
  cacheUrl: cache.endpoint.url,
  ...reach(runtime),
  ...(database.admin && { citus: database.admin }),
  tenants: config.tenants,
  tenantSecret: passwords.tenants,
});

const platform = { database: database.endpoint, cache: cache.endpoint, broker: broker.endpoint, registry: broker.registry };
const gateway =
  config.gateway && runtime.kind === "kubernetes" ? new PlatformGateway("gateway", { runtime, ...config.gateway }) : undefined;
const services = discoverServices(root).map((descriptor) => {
  const { name } = descriptor;
  const own = { image: config.images[name], resources: config.resources[name], environment: config.environment(name) };
  const args = { runtime, descriptor, platform, ...own, sizes: config.service, keda: config.keda, gateway };
  return { name, app: new MicroserviceApp(name, args, { dependsOn: [contracts, tenants] }) };
});

/** What people connect to; a password is shown only where it is the default one. */
export const endpoints = {
  postgresql: withoutPassword(database.endpoint.url),
  redis: withoutPassword(cache.endpoint.url),
  kafka: broker.endpoint.url,
  "schema registry": broker.registry.url,
  ...Object.fromEntries(services.map(({ name, app }) => [name, app.url])),
};

const contract = platformEnvironment(platform, runtime.kind === "process" ? runtime.stack : runtime.namespace);
/** What programs outside of the stack are given: the environment contract. */
export const environment = pulumi.secret(pulumi.output({ ...contract.plain, ...contract.secret }));

/** Where the stack runs: the folder of its data and logs, or its cluster and namespace. */
export const location = runtime.kind === "process" ? { directory: runtime.directory } : runtime.cluster;

function withoutPassword(url: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.unsecret(url).apply((text) => text.replace(/:(?!app@)[^:@/]+@/, ":…@"));
}
