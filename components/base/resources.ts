import { byteQuantity, matching, object, optional, type RuleOptions } from "@plinth/local/validation/rules.ts";
import type { Static } from "typebox";

/** Processor time in Kubernetes' notation. */
const cpuQuantity = () => matching(/^(\d+m|\d+(\.\d+)?)$/, "an amount of processors such as '100m', '2' or '0.5'");

/** Requests and limits in a descriptor or a stack's configuration. */
export const resourcesRule = (options: RuleOptions = {}) =>
  object(
    {
      requests: object({ cpu: cpuQuantity(), memory: byteQuantity() }),
      limits: object({ memory: byteQuantity(), cpu: optional(cpuQuantity()) }),
    },
    options,
  );

/** Requests and limits of a container. Without a processor limit it is not throttled. */
export type ContainerResources = Static<ReturnType<typeof resourcesRule>>;
