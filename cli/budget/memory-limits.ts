import { parseQuantity } from "./quantity.ts";

/** Bytes of memory that all pods of a stack may request together; others have no limit. */
export const memoryLimits: Readonly<Record<string, number>> = {
  // Half of a laptop's cluster of 8 GB; the rest is for the cluster and for bursts.
  dev: parseQuantity("4G"),
};
