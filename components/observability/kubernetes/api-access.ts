import type { types } from "@pulumi/kubernetes";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../../kubernetes/labels.ts";

/** What a workload may read of the API server, and only in these namespaces. */
export interface ApiAccess {
  /** By the suffix of its objects' names. */
  namespaces: Record<string, pulumi.Input<string>>;
  rules: types.input.rbac.v1.PolicyRule[];
  /** For the policy exception of its pods. */
  reason: string;
}

/**
 * Ports of API servers: the Service's, and those that they listen on themselves, which is what
 * network policies see.
 */
export const API_SERVER_PORTS = [443, 6443];

/** Creates the account of a workload and its rights. */
export function createApiAccess(
  workload: string,
  namespace: pulumi.Input<string>,
  { namespaces, rules }: ApiAccess,
  opts: pulumi.CustomResourceOptions,
): ServiceAccount {
  const common = { name: workload, labels: labels(workload) };
  const account = new ServiceAccount(
    `${workload}-account`,
    { metadata: { ...common, namespace }, automountServiceAccountToken: false },
    opts,
  );
  for (const [suffix, place] of Object.entries(namespaces)) {
    // No two objects of a kind share a name: `make render` writes one file each.
    const metadata = { ...common, name: `${workload}${suffix}`, namespace: place };
    new Role(`${workload}-role${suffix}`, { metadata, rules }, opts);
    new RoleBinding(
      `${workload}-role${suffix}-binding`,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
        subjects: [{ kind: "ServiceAccount", name: workload, namespace }],
      },
      opts,
    );
  }
  return account;
}
