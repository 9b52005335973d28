import { topicEnvironment } from "@plinth/schemas/catalog.ts";
import type * as pulumi from "@pulumi/pulumi";
import type { Need } from "./descriptor.ts";
import type { Server } from "./kubernetes/network.ts";

/** Something that services connect to. */
export interface Endpoint {
  /** Resolves only when the thing behind it serves. */
  url: pulumi.Output<string>;
  /** Whether the URL holds a password; it is a secret then. */
  secret: boolean;
  /** Which pods serve it, for network policies. Absent: it is not in the cluster. */
  server?: Server;
  /** TCP ports outside of the cluster that a client must reach instead. */
  outside?: number[];
}

/** What the platform offers. A platform that lacks one of these does not compile. */
export interface PlatformEndpoints extends Record<Need, Endpoint> {
  /** `postgresql://user:password@host:port/database`. */
  database: Endpoint;
  /** `redis://host:port`, with `:password@` where there is one. */
  cache: Endpoint;
  /** `host:port`, comma-separated. */
  broker: Endpoint;
  /** `http://host:port`. */
  registry: Endpoint;
}

/** Variables by their names, which are known before their values are. */
export type Environment = Record<string, pulumi.Input<string>>;

const variables: Record<Need, string> = {
  database: "DATABASE_URL",
  cache: "REDIS_URL",
  broker: "KAFKA_BROKERS",
  registry: "SCHEMA_REGISTRY_URL",
};

/**
 * The environment contract (INF-10): the same names in every stack, so that a service cannot tell where it runs. A service gets what it
 * says it needs, and no more.
 *
 * @param namespace of the cluster, or the stack's name where there is none
 */
export function platformEnvironment(
  endpoints: PlatformEndpoints,
  namespace: pulumi.Input<string>,
  needs: readonly Need[] = allNeeds,
): { plain: Environment; secret: Environment } {
  const urls = (secret: boolean): Environment => {
    const chosen = needs.filter((need) => endpoints[need].secret === secret);
    return Object.fromEntries(chosen.map((need) => [variables[need], endpoints[need].url]));
  };
  return { plain: { ...urls(false), K8S_NAMESPACE: namespace, ...topicEnvironment() }, secret: urls(true) };
}

const allNeeds = Object.keys(variables) as Need[];
