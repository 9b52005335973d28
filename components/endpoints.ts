import { topicEnvironment } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";

/** What services connect to. Each value resolves only when the thing behind it serves. */
export interface PlatformEndpoints {
  /** `postgresql://user:password@host:port/database`; secret. */
  databaseUrl: pulumi.Output<string>;
  /** `redis://host:port`. */
  cacheUrl: pulumi.Output<string>;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Output<string>;
  /** `http://host:port`. */
  schemaRegistryUrl: pulumi.Output<string>;
}

/** The environment contract: the same names in every stack, so that a service cannot tell where it runs. Secret where it holds a password. */
export function platformEnvironment(endpoints: PlatformEndpoints) {
  return {
    plain: pulumi.all([endpoints.cacheUrl, endpoints.brokers, endpoints.schemaRegistryUrl]).apply(([cache, brokers, registry]) => ({
      REDIS_URL: cache,
      KAFKA_BROKERS: brokers,
      SCHEMA_REGISTRY_URL: registry,
      ...topicEnvironment(),
    })),
    secret: pulumi.secret(endpoints.databaseUrl).apply((url) => ({ DATABASE_URL: url })),
  };
}
