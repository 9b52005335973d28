/**
 * Keeps retries a small share of all calls: when a server is down for everybody, retrying
 * everything would double its load.
 */
export interface RetryBudget {
  /** To be told of each call, once, whatever becomes of it. */
  recordCall(): void;
  /** Leave for one retry; false when there have been too many of late. */
  tryTake(): boolean;
}

/**
 * @param share retries for each call @default 0.1
 * @param reserve retries that may be made at once after a quiet time, and the most that are ever
 * saved up @default 10
 */
export function createRetryBudget(share = 0.1, reserve = 10): RetryBudget {
  let left = reserve;
  return {
    recordCall() {
      left = Math.min(reserve, left + share);
    },
    tryTake() {
      // Tenths add up to a little less than one.
      if (left < 1 - 1e-9) return false;
      left -= 1;
      return true;
    },
  };
}
