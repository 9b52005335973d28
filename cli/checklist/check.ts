import type { InspectedService } from "./inspected-service.ts";

/** A requirement on a service before it goes to production. */
export interface Check {
  /** The requirement in a few words. */
  name: string;
  /** Whether it needs the running service. */
  live?: boolean;
  /** The violations, each with what to do; none when the check passes. */
  evaluate(subject: InspectedService): Promise<CheckResult> | CheckResult;
}

/** Violations, or why the check cannot be evaluated here. */
export type CheckResult = string[] | { skipped: string };

export interface NamedResult {
  name: string;
  result: CheckResult;
}

/** Evaluates every check. One that throws fails with the message of its error. */
export async function runChecks(checks: readonly Check[], subject: InspectedService): Promise<NamedResult[]> {
  const results: NamedResult[] = [];
  for (const { name, live, evaluate } of checks) {
    if (live && subject.baseUrl === undefined) {
      results.push({
        name,
        result: { skipped: "it does not run here ('make up', or BASE=http://… where it does)" },
      });
      continue;
    }
    const result = await Promise.resolve()
      .then(() => evaluate(subject))
      .catch((error: Error) => [`it could not be checked: ${errorReason(error)}`]);
    results.push({ name, result });
  }
  return results;
}

/** The cause of an error such as `fetch failed`, which says nothing itself. */
function errorReason({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
