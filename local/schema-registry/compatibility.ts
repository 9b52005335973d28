import { checkCompatibility } from "@plinth/schemas/avro/compatibility.ts";
import { type Candidate, parseCandidate, type SchemaRequest } from "./candidate.ts";
import { errors, RegistryError } from "./errors.ts";
import type { SchemaValue } from "./records.ts";
import { effectiveConfig } from "./settings.ts";
import type { RegistryState } from "./state.ts";
import type { RegistryStore } from "./store.ts";
import { parseStoredSchema } from "./stored-schema.ts";
import { isSurelyCompatible } from "./version-index.ts";
import { findVersion } from "./versions.ts";

/**
 * Why the schema may not follow these versions of the subject (oldest first) at the subject's
 * level; empty if it may.
 */
export function findIncompatibilities(
  state: RegistryState,
  subject: string,
  schema: Candidate,
  versions: SchemaValue[],
): string[] {
  const { compatibilityLevel } = effectiveConfig(state, subject);
  if (compatibilityLevel === "NONE" || versions.length === 0) return [];
  const compared = compatibilityLevel.endsWith("_TRANSITIVE") ? versions : versions.slice(-1);
  if (isSurelyCompatible(state, subject, compatibilityLevel, schema.schema, compared)) return [];
  const earlier = compared.map((value) => parseStoredSchema(state, value));
  const { messages } = checkCompatibility(
    compatibilityLevel,
    schema.schema,
    earlier,
    (index) => `version ${compared[index]?.version}`,
  );
  return messages.length === 0 ? [] : [...messages, `{compatibility: '${compatibilityLevel}'}`];
}

export interface CompatibilityResponse {
  is_compatible: boolean;
  /** Only in verbose answers. */
  messages?: string[];
}

export function createCompatibilityOperations(store: RegistryStore) {
  return {
    /**
     * @param version of the subject, `latest`, or undefined for all versions that its level
     * compares
     */
    check(
      subject: string,
      version: string | undefined,
      request: SchemaRequest,
      normalize: boolean,
      verbose: boolean,
    ): CompatibilityResponse {
      const { state } = store;
      const versions = version === undefined ? state.versions(subject, "live") : findVersions(state, subject, version);
      const messages = checkRequest(
        state,
        subject,
        request,
        normalize || effectiveConfig(state, subject).normalize === true,
        versions,
        verbose,
      );
      return { is_compatible: messages.length === 0, ...(verbose ? { messages } : {}) };
    },
  };
}

/**
 * A request for the latest of a subject without versions compares with none, and so is compatible.
 */
function findVersions(state: RegistryState, subject: string, version: string): SchemaValue[] {
  const value = findVersion(state, subject, version, false);
  if (value === undefined && version !== "latest") throw errors.versionNotFound(version);
  return value === undefined ? [] : [value];
}

function checkRequest(
  state: RegistryState,
  subject: string,
  request: SchemaRequest,
  normalize: boolean,
  versions: SchemaValue[],
  verbose: boolean,
): string[] {
  try {
    return findIncompatibilities(state, subject, parseCandidate(state, request, normalize), versions);
  } catch (error) {
    // A verbose answer gives the reason for an invalid schema instead of an error.
    if (verbose && error instanceof RegistryError && error.code === 42201) return [error.message];
    throw error;
  }
}
