/**
 * Returns a function that runs `work` once at a time, however many ask. Who asks during a run
 * shares the next one, so that no answer is from before its question.
 */
export function createRunsInTurn<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let next: Promise<T> | undefined;

  function start(): Promise<T> {
    next = undefined;
    const run = work();
    current = run;
    const settle = () => {
      if (current === run && next === undefined) current = undefined;
    };
    run.then(settle, settle);
    return run;
  }

  return () => {
    if (!current) return start();
    next ??= current.then(start, start);
    return next;
  };
}
