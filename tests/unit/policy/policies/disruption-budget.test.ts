import { disruptionBudget } from "@plinth/policy/policies/disruption-budget.ts";
import { budget, deployment, kubernetes, scaler } from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

const keda = kubernetes("keda.sh/v1alpha1:ScaledObject", "api", {
  metadata: { namespace: "shop" },
  spec: { minReplicaCount: 2, scaleTargetRef: { name: "api" } },
});

describePolicy(disruptionBudget, {
  catches: [
    ["several pods and no budget", [deployment()], /has 2 pods and no PodDisruptionBudget/],
    [
      "a budget for other pods",
      [deployment(), budget({ selector: { matchLabels: { app: "other" } } })],
      /no PodDisruptionBudget/,
    ],
    ["an autoscaler's minimum", [deployment({}, { replicas: 1 }), scaler(3)], /has 3 pods/],
    ["KEDA's minimum", [deployment({}, { replicas: 1 }), keda], /has 2 pods/],
    [
      "a budget that allows no eviction",
      [deployment(), budget({ maxUnavailable: 0 })],
      /nodes cannot be drained; set maxUnavailable to 1/,
    ],
    [
      "a budget as large as the workload",
      [deployment(), budget({ maxUnavailable: undefined, minAvailable: 2 })],
      /cannot be drained/,
    ],
    [
      "a budget for one pod",
      [deployment({}, { replicas: 1 }), budget({ maxUnavailable: undefined, minAvailable: 1 })],
      /guards a single pod/,
    ],
  ],
  passes: [["one pod without a budget", [deployment({}, { replicas: 1 })]]],
});
