import { serviceAccount } from "@plinth/policy/policies/service-account.ts";
import { UNKNOWN } from "@plinth/policy/policy.ts";
import { deployment, kubernetes } from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

/** As a preview sees a workload whose whole spec depends on a resource that does not exist yet. */
const later = kubernetes("apps/v1:Deployment", "later", { metadata: { namespace: "shop" }, spec: UNKNOWN });

describePolicy(serviceAccount, {
  catches: [
    [
      "no setting for the token",
      [deployment({ automountServiceAccountToken: undefined })],
      /set automountServiceAccountToken to false/,
    ],
    ["a token asked for", [deployment({ automountServiceAccountToken: true })], /API server/],
  ],
  passes: [["pods that only 'up' knows", [later]]],
});
