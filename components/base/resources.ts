import { byteQuantity, matching, object, optional, type RuleOptions } from "@plinth/local/validation/rules.ts";
import type { Static } from "typebox";

/** As Kubernetes writes processor time. */
const cpuQuantity = () => matching(/^(\d+m|\d+(\.\d+)?)$/, "an amount of processors such as '100m', '2' or '0.5'");

/** What a replica asks for and may take, as a descriptor and a stack's configuration write it. */
export const resourcesRule = (options: RuleOptions = {}) =>
  object(
    {
      requests: object({ cpu: cpuQuantity(), memory: byteQuantity() }),
      limits: object({ memory: byteQuantity(), cpu: optional(cpuQuantity()) }),
    },
    options,
  );

/**
 * What a container asks for and may take. Processor limits are left out where throttling would only
 * add latency.
 */
export type ContainerResources = Static<ReturnType<typeof resourcesRule>>;
