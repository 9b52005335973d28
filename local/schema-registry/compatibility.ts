import { checkCompatibility } from "@plinth/schemas/avro/compatibility.ts";
import { type Candidate, parseCandidate, parseStoredSchema, type SchemaRequest } from "./candidate.ts";
import { errors, RegistryError } from "./errors.ts";
import type { SchemaValue } from "./records.ts";
import { effectiveConfig } from "./settings.ts";
import type { RegistryState } from "./state.ts";
import type { RegistryStore } from "./store.ts";
import { findVersion } from "./versions.ts";

/**
 * Why the schema may not follow these versions of the subject (oldest first) at its level; empty
 * when it may.
 */
export function findIncompatibilities(
  state: RegistryState,
  subject: string,
  schema: Candidate,
  versions: SchemaValue[],
): string[] {
  const { compatibilityLevel } = effectiveConfig(state, subject);
  if (compatibilityLevel === "NONE" || versions.length === 0) return [];
  const judged = compatibilityLevel.endsWith("_TRANSITIVE") ? versions : versions.slice(-1);
  const earlier = judged.map((value) => parseStoredSchema(state, value));
  const { messages } = checkCompatibility(
    compatibilityLevel,
    schema.schema,
    earlier,
    (index) => `version ${judged[index]?.version}`,
  );
  return messages.length === 0 ? [] : [...messages, `{compatibility: '${compatibilityLevel}'}`];
}

export interface CompatibilityResponse {
  is_compatible: boolean;
  /** Only when asked for. */
  messages?: string[];
}

export function createCompatibilityOperations(journal: RegistryStore) {
  return {
    /** @param version of the subject, `latest`, or undefined for all that its level looks at. */
    check(
      subject: string,
      version: string | undefined,
      request: SchemaRequest,
      normalize: boolean,
      verbose: boolean,
    ): CompatibilityResponse {
      const { state } = journal;
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

/** A subject without versions is compatible with anything, when its latest is asked for. */
function findVersions(state: RegistryState, subject: string, version: string): SchemaValue[] {
  const found = findVersion(state, subject, version, false);
  if (found === undefined && version !== "latest") throw errors.versionNotFound(version);
  return found === undefined ? [] : [found];
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
    // With verbose, an invalid schema is a verdict with its reason.
    if (verbose && error instanceof RegistryError && error.code === 42201) return [error.message];
    throw error;
  }
}
