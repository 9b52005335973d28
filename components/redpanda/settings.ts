import { UserError } from "@plinth/local/user-error.ts";
import { parse } from "@plinth/local/validation/check.ts";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { byteQuantity, flag, object, optional } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import type { ContainerResources } from "../base/resources.ts";
import { offsetPort, onRuntime, type Runtime } from "../base/runtime.ts";
import { sized, sizes } from "../base/sizes.ts";
import { externalBrokerRule } from "./external.ts";

/** The configuration key `redpanda`. */
export const redpandaRule = object({
  brokers: defaulted(
    Type.Integer({
      minimum: 1,
      maximum: 99,
      not: { multipleOf: 2 },
      expected: "1, or an odd number up to 99: an even count tolerates no more failures than one fewer",
    }),
    sized(({ redpanda }) => redpanda.brokers),
  ),
  storage: defaulted(
    byteQuantity({ description: "of each broker" }),
    sized(({ redpanda }) => redpanda.storage),
  ),
  console: defaulted(flag(), { default: true, production: false }),
  external: optional(externalBrokerRule),
});

/** How brokers and their registry are laid out; everything has a default. */
export interface RedpandaOptions {
  /**
   * TCP port that clients connect to. @default 9092 in a cluster; 19092 on one machine, moved by
   * the stack's port offset, where the next port is the controller's
   */
  brokerPort?: number;
  /** TCP port of the schema registry. @default 8081, moved by the stack's port offset */
  registryPort?: number;
  /** An odd number, at least 3 in mode `production`; Kubernetes only. @default the minimum */
  brokers?: number;
  /**
   * `developer`: one processor, and records are acknowledged before they are on disk; Kubernetes
   * only. @default "developer"
   */
  mode?: "developer" | "production";
  /** Size of each broker's volume, as in "100Gi"; Kubernetes only. @default "2Gi" */
  storage?: string;
  /** Of each broker; Kubernetes only. */
  resources?: ContainerResources;
  /** Whether a web console shows topics, records and schemas; Kubernetes only. @default false */
  console?: boolean;
}

export type RedpandaSettings = Required<RedpandaOptions> & {
  /**
   * Replicas of each partition of a new topic. It follows the mode and not the number of brokers,
   * so that topics that exist keep their factor.
   */
  replicationFactor: number;
};

/** Fills in defaults and checks bounds; free of resources, so that a table of cases can test it. */
export function resolveRedpandaSettings(args: RedpandaOptions & { runtime: Runtime }): RedpandaSettings {
  const mode = args.mode ?? "developer";
  const minBrokers = mode === "production" ? 3 : 1;
  const settings = {
    brokerPort:
      args.brokerPort ??
      onRuntime(args.runtime, { process: ({ portOffset }) => 19092 + portOffset, kubernetes: () => 9092 }),
    registryPort: args.registryPort ?? offsetPort(args.runtime, 8081),
    brokers: args.brokers ?? minBrokers,
    mode,
    replicationFactor: minBrokers,
    storage: args.storage ?? "2Gi",
    resources: args.resources ?? sizes.development.redpanda.resources,
    console: args.console ?? false,
  };
  const brokers = parse(redpandaRule.properties.brokers, settings.brokers, { where: "RedpandaCluster: 'brokers'" });
  if (brokers < minBrokers)
    throw new UserError(
      `RedpandaCluster: 'brokers' is ${brokers}, but in mode '${mode}' must be at least ${minBrokers}`,
    );
  return settings;
}
