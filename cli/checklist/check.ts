import type { InspectedService } from "./inspected-service.ts";

/** One thing that must hold before a service goes to production. */
export interface Check {
  /** What holds, in a few words. */
  name: string;
  /** Whether it is asked of the running service. */
  live?: boolean;
  /**
   * Each way in which it does not hold, with what to do; none: it holds. `skipped`: nothing of it
   * can be seen here, and why.
   */
  evaluate(subject: InspectedService): Promise<CheckResult> | CheckResult;
}

export type CheckResult = string[] | { skipped: string };

export interface NamedResult {
  name: string;
  result: CheckResult;
}

/** Judges every point. A point that cannot be asked because nothing answers fails with that. */
export async function runChecks(points: readonly Check[], subject: InspectedService): Promise<NamedResult[]> {
  const judged: NamedResult[] = [];
  for (const { name, live, evaluate } of points) {
    if (live && subject.baseUrl === undefined) {
      judged.push({
        name,
        result: { skipped: "it does not run here ('make up', or BASE=http://… where it does)" },
      });
      continue;
    }
    const verdict = await Promise.resolve()
      .then(() => evaluate(subject))
      .catch((error: Error) => [`it could not be asked: ${errorReason(error)}`]);
    judged.push({ name, result: verdict });
  }
  return judged;
}

/** `fetch failed` says nothing; what is behind it does. */
function errorReason({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
