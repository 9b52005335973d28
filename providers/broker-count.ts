import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";

export interface BrokerCountArgs {
  brokers: number;
}

/** Resolved inputs: what the engine stores and compares. */
export interface BrokerCountInputs extends BrokerCountArgs {
  providerVersion: number;
}

/**
 * Remembers how many brokers a cluster has, and refuses fewer: a broker that leaves without being
 * decommissioned takes its replicas with it.
 *
 * @example
 * new BrokerCount("redpanda-count", { brokers: 3 });
 */
export class BrokerCount extends DynamicResource {
  constructor(name: string, args: BrokerCountArgs, opts?: pulumi.CustomResourceOptions) {
    super("broker-count", "BrokerCount", name, { ...args, providerVersion: 1 }, opts);
  }
}
