import { retain } from "@plinth/policy/policies/retain.ts";
import { statefulSet, topics } from "../../../support/policy/compliant-stack.ts";
import { describePolicy, development } from "../../../support/policy/describe-policy.ts";

describePolicy(retain, {
  catches: [
    ["unprotected data", [statefulSet({}, false)], /is not protected/],
    [
      "claims that go with their set",
      [statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } })],
      /deletes its volumes whenDeleted/,
    ],
    ["topics that go with the stack", [topics(3, "delete")], /onDelete: "delete"/],
  ],
  passes: [
    ["protected data", [statefulSet()]],
    ["a development stack that opts out", [topics(1, "delete")], development],
  ],
});
