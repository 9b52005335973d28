import { root } from "@plinth/runtime/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { CitusCluster } from "./components/citus-cluster.ts";
import { readConfig } from "./components/config.ts";
import { discoverServices } from "./components/descriptor.ts";
import { platformEnvironment } from "./components/endpoints.ts";
import { MicroserviceApp } from "./components/microservice-app.ts";
import { PlatformSchemas } from "./components/platform-schemas.ts";
import { RedisCache } from "./components/redis-cache.ts";
import { RedpandaCluster } from "./components/redpanda-cluster.ts";
import { openRuntime } from "./components/runtime.ts";
import { gatedSchemas } from "./components/schema-gate.ts";
import { Tenants } from "./components/tenants.ts";

const config = readConfig();
// Before anything is registered: a refused schema must change nothing.
const schemas = gatedSchemas();

const runtime = openRuntime(config);
const database = new CitusCluster("citus", { runtime, ...config.database });
const cache = new RedisCache("redis", { runtime });
const broker = new RedpandaCluster("redpanda", { runtime });

const contracts = new PlatformSchemas("schemas", { brokers: broker.brokers, schemaRegistryUrl: broker.schemaRegistryUrl, schemas });
const tenants = new Tenants("tenants", { databaseUrl: database.url, tenants: config.tenants });

const platform = { databaseUrl: database.url, cacheUrl: cache.url, brokers: broker.brokers, schemaRegistryUrl: broker.schemaRegistryUrl };
const services = discoverServices(root).map((descriptor) => ({
  name: descriptor.name,
  app: new MicroserviceApp(descriptor.name, { runtime, descriptor, platform }, { dependsOn: [contracts, tenants] }),
}));

/** What people connect to; a password is shown only where it is the default one. */
export const endpoints = {
  postgresql: pulumi.unsecret(database.url).apply((url) => url.replace(/:(?!app@)[^:@/]+@/, ":…@")),
  redis: cache.url,
  kafka: broker.brokers,
  "schema registry": broker.schemaRegistryUrl,
  ...Object.fromEntries(services.map(({ name, app }) => [name, app.url])),
};

/** What programs outside of the stack are given: the environment contract. */
export const environment = pulumi
  .all([platformEnvironment(platform).plain, platformEnvironment(platform).secret])
  .apply(([plain, secret]) => ({ ...plain, ...secret }));

/** Where the stack keeps its data and logs. */
export const directory = runtime.directory;
