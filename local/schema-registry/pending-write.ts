import { errors } from "./errors.ts";
import type { LogRecord } from "./records.ts";
import type { RegistryState } from "./state.ts";

/**
 * The records that a request writes, given the state once all requests before it are written. A
 * plan changes nothing itself.
 */
export interface WritePlan<T> {
  records: LogRecord[];
  result: T;
}

export interface PendingWrite {
  plan: (state: RegistryState) => WritePlan<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  settled: boolean;
  /** Settles a request that writes nothing on this state. @returns whether it is settled */
  answerFrom(state: RegistryState): boolean;
}

const DEADLINE_SECONDS = 15;

/** A request that waits for its turn, for at most 15 s. */
export function createPendingWrite(
  operation: string,
  plan: (state: RegistryState) => WritePlan<unknown>,
  resolve: (result: unknown) => void,
  reject: (error: unknown) => void,
): PendingWrite {
  const settle = <T>(answer: (value: T) => void) => {
    return (value: T) => {
      request.settled = true;
      clearTimeout(timer);
      answer(value);
    };
  };
  const request: PendingWrite = {
    plan,
    settled: false,
    resolve: settle(resolve),
    reject: settle(reject),
    answerFrom(state) {
      try {
        const { records, result } = request.settled ? { records: [], result: undefined } : plan(state);
        if (!request.settled && records.length === 0) request.resolve(result);
      } catch (error) {
        request.reject(error);
      }
      return request.settled;
    },
  };
  const timer = setTimeout(() => request.reject(errors.timedOut(operation, DEADLINE_SECONDS)), DEADLINE_SECONDS * 1000);
  return request;
}
