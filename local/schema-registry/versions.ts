import { errors } from "./errors.ts";
import type { SchemaValue } from "./records.ts";
import type { RegistryState } from "./state.ts";

/**
 * The version in a request's path; undefined for the latest.
 *
 * @throws RegistryError 42202
 */
export function parseVersion(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === "latest" || trimmed === "-1") return undefined;
  const version = /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : 0;
  if (version < 1 || version > 2 ** 31 - 1) throw errors.invalidVersion(text);
  return version;
}

/** @param deleted whether soft-deleted versions count */
export function findVersion(
  state: RegistryState,
  subject: string,
  text: string,
  deleted: boolean,
): SchemaValue | undefined {
  const version = parseVersion(text);
  if (version === undefined) return state.versions(subject, deleted ? "all" : "live").at(-1);
  const value = state.version(subject, version);
  return value?.deleted === true && !deleted ? undefined : value;
}

/** @throws RegistryError 40401 for an unknown subject, 40402 for an unknown version */
export function requireVersion(state: RegistryState, subject: string, text: string, deleted: boolean): SchemaValue {
  const value = findVersion(state, subject, text, deleted);
  if (value !== undefined) return value;
  if (state.versions(subject, deleted ? "all" : "live").length === 0) throw errors.subjectNotFound(subject);
  throw errors.versionNotFound(text);
}
