import { kindOf, specOf } from "../manifest.ts";
import type { DeclaredResource, ResourcePolicy } from "../policy.ts";

interface VolumeSpec {
  volumeClaimTemplates?: unknown[];
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
}

/** What was written stays, unless someone says of this very resource that it may go. */
export const retain: ResourcePolicy = {
  name: "retain",
  refuses: "in production, whatever would delete data, topics, schemas or tenants together with the stack",
  validateResource: (resource, { production }) =>
    production ? [...claimViolations(resource), ...deletionViolations(resource)] : [],
};

function claimViolations(resource: DeclaredResource): string[] {
  const kind = kindOf(resource);
  const { volumeClaimTemplates = [], persistentVolumeClaimRetentionPolicy: policy = {} } = specOf<VolumeSpec>(resource);
  const holdsData = kind === "PersistentVolumeClaim" || (kind === "StatefulSet" && volumeClaimTemplates.length > 0);
  if (!holdsData) return [];
  const deleting = (["whenDeleted", "whenScaled"] as const).filter((moment) => policy[moment] === "Delete");
  return [
    ...(resource.protect === false ? ["holds data and is not protected; make it with { protect: true }"] : []),
    ...deleting.map(
      (moment) => `deletes its volumes ${moment}; set persistentVolumeClaimRetentionPolicy.${moment} to Retain`,
    ),
  ];
}

/** Ours have `onDelete`; it is "retain" where they do not name it. */
function deletionViolations({ type, props }: DeclaredResource): string[] {
  const { onDelete } = props;
  if (!type.startsWith("pulumi-nodejs:dynamic") || typeof onDelete !== "string" || onDelete === "retain") return [];
  return [`deletes with the stack what it made (onDelete: "${onDelete}"); leave onDelete at "retain"`];
}
