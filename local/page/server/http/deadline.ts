import { PageError } from "../../model/page-error.ts";

/** @throws {@link PageError} 504 if `work` is not done in time; it goes on unheeded */
export async function withDeadline<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new PageError(504, `${what} took longer than ${milliseconds / 1000} s: try again, or ask for less`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
