import type { types } from "@pulumi/kubernetes";

/**
 * A volume "data" for each pod of a StatefulSet. Kubernetes keeps it when the pod, the set or the
 * replica goes; only a person deletes it.
 */
export function dataVolumeClaim(storage: string) {
  return {
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    volumeClaimTemplates: [
      { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } } },
    ],
  } satisfies Partial<types.input.apps.v1.StatefulSetSpec>;
}

/** Empty writable folders for a program whose image is read-only. */
export function scratchVolumes(...paths: string[]) {
  const name = (path: string) => `scratch${path.replaceAll("/", "-")}`;
  return {
    volumes: paths.map((path) => ({ name: name(path), emptyDir: {} })),
    mounts: paths.map((mountPath) => ({ name: name(mountPath), mountPath })),
  };
}
