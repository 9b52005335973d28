import { topicEnvironment } from "@plinth/schemas/catalog.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Endpoint, Server } from "../base/endpoint.ts";
import type { Need } from "./descriptor-rule.ts";

/** Where a service sends what it did. */
export interface TelemetryEndpoints {
  /** `http://host:port` that takes Loki's pushes. */
  lokiUrl: pulumi.Input<string>;
  /** `http://host:port` that takes spans as OTLP over HTTP. */
  otlpUrl: pulumi.Input<string>;
  /** The pods behind both, for network policies. @default not in a cluster */
  servers?: Server[];
}

/** The servers that a service may need, by need. */
export interface PlatformEndpoints extends Record<Need, Endpoint> {
  /** `postgresql://user:password@host:port/database`. */
  database: Endpoint;
  /** `redis://host:port`, with `:password@` where there is one. */
  cache: Endpoint;
  /** `host:port`, comma-separated. */
  broker: Endpoint;
  /** `http://host:port`. */
  registry: Endpoint;
  /** Every service gets these, also while nothing listens there. @default none */
  telemetry?: TelemetryEndpoints | undefined;
}

/** Values by the names of variables. The names are known at once, the values when they resolve. */
export type Environment = Record<string, pulumi.Input<string>>;

/** Variables of a service: plans and manifests show `plain` ones and hide `secret` ones. */
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
 * where it runs. A service gets only the endpoints that it needs.
 *
 * @param namespace of the cluster, or the stack's name on one machine
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
  const telemetry = telemetryEnvironment(endpoints.telemetry);
  return { plain: { ...urls(false), ...telemetry, ...stack, ...topicEnvironment() }, secret: urls(true) };
}

/** A stack's configuration may override these for a service. */
function telemetryEnvironment(endpoints: TelemetryEndpoints | undefined): Environment {
  if (endpoints === undefined) return {};
  return { LOKI_URL: endpoints.lokiUrl, OTEL_EXPORTER_OTLP_ENDPOINT: endpoints.otlpUrl };
}

const allNeeds = Object.keys(urlVariables) as Need[];

const stackVariables = [...Object.values(urlVariables), "K8S_NAMESPACE", "ENVIRONMENT"];
/** Set for each service by its process or its pod. */
const serviceVariables = ["SERVICE_NAME", "VERSION", "HOST", "PORT", "SHARE_PORT", "ALLOWED_HOSTS", "METRICS_PREFIX"];

/** Whether the platform sets this variable, so that configuration may not. */
export function isContractVariable(variable: string): boolean {
  return stackVariables.includes(variable) || serviceVariables.includes(variable) || variable.startsWith("TOPIC_");
}
