/**
 * Keeps retries a small share of all calls. When a server is down for all callers, retrying every
 * call would multiply its load.
 */
export interface RetryBudget {
  /** Call it once for each call, whatever the outcome. */
  recordCall(): void;
  /** Takes one retry from the budget; returns false if too many were taken lately. */
  tryTake(): boolean;
}

/**
 * @param share retries for each call @default 0.1
 * @param reserve most retries that a quiet time saves up @default 10
 */
export function createRetryBudget(share = 0.1, reserve = 10): RetryBudget {
  let available = reserve;
  return {
    recordCall() {
      available = Math.min(reserve, available + share);
    },
    tryTake() {
      // Ten times a tenth is slightly less than one in floating point.
      if (available < 1 - 1e-9) return false;
      available -= 1;
      return true;
    },
  };
}
