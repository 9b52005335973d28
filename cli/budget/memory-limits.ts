import { parseQuantity } from "./quantity.ts";

/**
 * The memory, in bytes, that all pods of a stack may request together. A stack that is not named
 * here has no bound.
 */
export const memoryLimits: Readonly<Record<string, number>> = {
  // A laptop's cluster of 8 GB then has as much again for itself and for bursts.
  dev: parseQuantity("4G"),
};
