/** Resolves to undefined once `deadlineMs` is over. The work goes on. */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, undefined);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
