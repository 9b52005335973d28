import type { Subject } from "./subject.ts";

/** One thing that must hold before a service goes to production. */
export interface Point {
  /** What holds, in a few words. */
  name: string;
  /** Whether it is asked of the running service. */
  live?: boolean;
  /** Each way in which it does not hold, with what to do; none: it holds. `skipped`: nothing of it can be seen here, and why. */
  judge(subject: Subject): Promise<Verdict> | Verdict;
}

export type Verdict = string[] | { skipped: string };

export interface Judged {
  name: string;
  verdict: Verdict;
}

/** Judges every point. A point that cannot be asked because nothing answers fails with that. */
export async function judgeAll(points: readonly Point[], subject: Subject): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const { name, live, judge } of points) {
    if (live && subject.base === undefined) {
      judged.push({
        name,
        verdict: { skipped: "it does not run here ('make up', or BASE=http://… where it does)" },
      });
      continue;
    }
    const verdict = await Promise.resolve()
      .then(() => judge(subject))
      .catch((error: Error) => [`it could not be asked: ${reasonOf(error)}`]);
    judged.push({ name, verdict });
  }
  return judged;
}

/** `fetch failed` says nothing; what is behind it does. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
