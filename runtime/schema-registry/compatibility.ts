import { checkCompatibility } from "@plinth/schemas/avro/compatibility.ts";
import { type Candidate, candidate, type SchemaRequest, storedSchema } from "./candidate.ts";
import { configInScope } from "./config.ts";
import { errors, RegistryError } from "./errors.ts";
import type { Journal } from "./journal.ts";
import type { SchemaValue } from "./records.ts";
import type { State } from "./state.ts";
import { findVersion } from "./versions.ts";

/** Why the schema may not follow these versions of the subject (oldest first) at its level; empty when it may. */
export function incompatibilities(state: State, subject: string, schema: Candidate, versions: SchemaValue[]): string[] {
  const { compatibilityLevel } = configInScope(state, subject);
  if (compatibilityLevel === "NONE" || versions.length === 0) return [];
  const judged = compatibilityLevel.endsWith("_TRANSITIVE") ? versions : versions.slice(-1);
  const earlier = judged.map((value) => storedSchema(state, value));
  const { messages } = checkCompatibility(compatibilityLevel, schema.schema, earlier, (index) => `version ${judged[index]?.version}`);
  return messages.length === 0 ? [] : [...messages, `{compatibility: '${compatibilityLevel}'}`];
}

export interface CompatibilityAnswer {
  is_compatible: boolean;
  /** Only when asked for. */
  messages?: string[];
}

export function compatibility(journal: Journal) {
  return {
    /** @param version of the subject, `latest`, or undefined for all that its level looks at. */
    check(subject: string, version: string | undefined, request: SchemaRequest, normalize: boolean, verbose: boolean): CompatibilityAnswer {
      const { state } = journal;
      const versions = version === undefined ? state.versions(subject, "live") : oneVersion(state, subject, version);
      const messages = judge(state, subject, request, normalize || configInScope(state, subject).normalize === true, versions, verbose);
      return { is_compatible: messages.length === 0, ...(verbose ? { messages } : {}) };
    },
  };
}

/** A subject without versions is compatible with anything, when its latest is asked for. */
function oneVersion(state: State, subject: string, version: string): SchemaValue[] {
  const found = findVersion(state, subject, version, false);
  if (found === undefined && version !== "latest") throw errors.versionNotFound(version);
  return found === undefined ? [] : [found];
}

function judge(
  state: State,
  subject: string,
  request: SchemaRequest,
  normalize: boolean,
  versions: SchemaValue[],
  verbose: boolean,
): string[] {
  try {
    return incompatibilities(state, subject, candidate(state, request, normalize), versions);
  } catch (error) {
    // With verbose, an invalid schema is a verdict with its reason.
    if (verbose && error instanceof RegistryError && error.code === 42201) return [error.message];
    throw error;
  }
}
