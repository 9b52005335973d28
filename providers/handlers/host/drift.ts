import { printDiagnostic } from "../../clients/diagnostics.ts";
import type { ClusterAccess } from "../../clients/kubernetes/access.ts";
import { answerWithin } from "../../clients/timeout.ts";
import { DRIFT_TIMEOUT_MS } from "./deadlines.ts";

/** What a server has that differs from what the last `up` made, a sentence each. */
export interface Drift {
  /** What `up` puts right. */
  mended: string[];
  /** What it only can say. */
  said: string[];
}

/**
 * Looks at a server and adds to the plan what was changed there by hand. A server that does not
 * answer at once is no drift. Through port-forwards a look would take seconds: in a cluster,
 * `refresh` looks.
 *
 * @returns whether `up` has work to do
 */
export async function hasDrift(
  cluster: ClusterAccess | undefined,
  look: (deadlineMs: number) => Promise<Drift>,
): Promise<boolean> {
  if (cluster !== undefined) return false;
  // A client's deadline may hold for each of its requests.
  const looked = answerWithin(DRIFT_TIMEOUT_MS, look(DRIFT_TIMEOUT_MS));
  const { mended, said } = await looked.catch(() => ({ mended: [], said: [] }));
  for (const sentence of [...mended, ...said]) printDiagnostic(sentence);
  return mended.length > 0;
}
