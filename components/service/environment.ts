import { topicEnvironment } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Server } from "../kubernetes/network.ts";
import type { Need } from "./descriptor.ts";

/** Something that services connect to. */
export interface Endpoint {
  /** Resolves only when the thing behind it serves. */
  url: pulumi.Output<string>;
  /** Whether the URL holds a password; it is a secret then. */
  secret: boolean;
  /** Which pods serve it, for network policies. Absent: it is not in the cluster. */
  server?: Server;
  /** TCP ports outside of the cluster that a client must reach instead. */
  externalPorts?: number[];
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

/** What a service is given: what everyone may read who reads a plan, and what nobody may. */
export interface Variables {
  plain: Environment;
  secret: Environment;
}

const urlVariables: Record<Need, string> = {
  database: "DATABASE_URL",
  cache: "REDIS_URL",
  broker: "KAFKA_BROKERS",
  registry: "SCHEMA_REGISTRY_URL",
};

/**
 * The environment contract (INF-10): the same names in every stack, so that a service cannot tell
 * where it runs. A service gets what it says it needs, and no more.
 *
 * @param namespace of the cluster, or the stack's name where there is none
 */
export function platformEnvironment(
  endpoints: PlatformEndpoints,
  namespace: pulumi.Input<string>,
  needs: readonly Need[] = allNeeds,
): Variables {
  const urls = (secret: boolean): Environment => {
    const chosen = needs.filter((need) => endpoints[need].secret === secret);
    return Object.fromEntries(chosen.map((need) => [urlVariables[need], endpoints[need].url]));
  };
  const stack = { K8S_NAMESPACE: namespace, ENVIRONMENT: pulumi.getStack() };
  return { plain: { ...urls(false), ...stack, ...topicEnvironment() }, secret: urls(true) };
}

const allNeeds = Object.keys(urlVariables) as Need[];

const stackVariables = [...Object.values(urlVariables), "K8S_NAMESPACE", "ENVIRONMENT"];
/** Said of each service by what starts it. */
const serviceVariables = ["SERVICE_NAME", "VERSION", "HOST", "PORT", "SHARE_PORT"];

/** Whether the platform itself says what this variable is, so that nobody else can. */
export function isContractVariable(variable: string): boolean {
  return stackVariables.includes(variable) || serviceVariables.includes(variable) || variable.startsWith("TOPIC_");
}
