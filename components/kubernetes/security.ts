import type { types } from "@pulumi/kubernetes";

type PodSecurityContext = types.input.core.v1.PodSecurityContext;
type SecurityContext = types.input.core.v1.SecurityContext;

/**
 * Pod Security Standard "restricted".
 *
 * @param user numeric user that the image runs as, which also owns the volumes
 */
export function podSecurity(user: number): PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    // Skips changing the owner of a million files at every start.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** @param writableRoot whether the program writes into its image; volumes are always writable */
export function containerSecurity({ writableRoot = false } = {}): SecurityContext {
  return { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: !writableRoot };
}
