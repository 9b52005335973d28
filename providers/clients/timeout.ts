import { TimeoutError } from "./errors.ts";

/**
 * Waits for a library whose own timeouts leave a gap: a server that accepts a connection and says
 * nothing. Rejects with a {@link TimeoutError}; what `answer` does later is ignored.
 */
export async function answerWithin<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError("no answer")), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
