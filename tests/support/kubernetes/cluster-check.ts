import assert from "node:assert/strict";
import type { ClusterInputs } from "@plinth/providers/cluster.ts";
import { handler } from "@plinth/providers/handlers/cluster.ts";

/** Inputs of the resource `Cluster` of a stack for this machine. */
export const clusterInputs = (changes: Partial<ClusterInputs> = {}): ClusterInputs => ({
  namespace: "dev-infra",
  localOnly: true,
  providerVersion: 1,
  ...changes,
});

/**
 * Checks a cluster that is refused, and returns the sentence that a person sees.
 *
 * @param olds inputs of the last run, as the engine has them
 */
export async function checkRefusedCluster(
  changes: Partial<ClusterInputs> = {},
  olds: Partial<ClusterInputs> = {},
): Promise<string> {
  const { failures } = await handler.check(olds, clusterInputs(changes));
  assert.equal(failures.length, 1, "one sentence");
  assert.equal(failures[0]!.property, "");
  assert.doesNotMatch(failures[0]!.reason, /\n|s3cret/);
  return failures[0]!.reason;
}
