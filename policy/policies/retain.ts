import { kindOf, specOf } from "../manifest.ts";
import type { DeclaredResource, ResourcePolicy } from "../policy.ts";

interface VolumeSpec {
  volumeClaimTemplates?: unknown[];
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
}

/** Data outlives its stack, unless a resource opts out by name. */
export const retain: ResourcePolicy = {
  name: "retain",
  refuses: "in production, resources that delete data, topics, schemas or tenants together with the stack",
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
    ...(resource.protect === false ? ["holds data and is not protected; create it with { protect: true }"] : []),
    ...deleting.map(
      (moment) => `deletes its volumes ${moment}; set persistentVolumeClaimRetentionPolicy.${moment} to Retain`,
    ),
  ];
}

/** Plinth's dynamic resources have `onDelete`, "retain" by default. */
function deletionViolations({ type, props }: DeclaredResource): string[] {
  const { onDelete } = props;
  if (!type.startsWith("pulumi-nodejs:dynamic") || typeof onDelete !== "string" || onDelete === "retain") return [];
  return [`deletes its objects together with the stack (onDelete: "${onDelete}"); leave onDelete at "retain"`];
}
