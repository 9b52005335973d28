import { replication } from "@plinth/policy/policies/replication.ts";
import { topics } from "../../../support/policy/compliant-stack.ts";
import { describePolicy, development } from "../../../support/policy/describe-policy.ts";

describePolicy(replication, {
  catches: [
    ["two replicas", [topics(2)], /V1_BETS has 2 of 3 replicas/],
    ["the provider's default", [topics(undefined)], /V1_BETS has 1 of 3 replicas/],
  ],
  passes: [["a single replica in development", [topics(1)], development]],
});
