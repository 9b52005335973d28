import { COMPATIBILITY_LEVELS, type CompatibilityLevel } from "@plinth/schemas/avro/compatibility.ts";
import { isSegment } from "../request-target.ts";
import { errors } from "./errors.ts";
import { type ConfigValue, configRecord, MODES, type Mode, modeRecord } from "./records.ts";
import type { RegistryState } from "./state.ts";
import type { RegistryStore } from "./store.ts";

const DEFAULT_LEVEL: CompatibilityLevel = "BACKWARD";

/** In any case of letters, as in the original. @throws RegistryError 42203 */
function parseLevel(text: unknown): CompatibilityLevel {
  const upper = typeof text === "string" ? text.toUpperCase() : "";
  const level = COMPATIBILITY_LEVELS.find((known) => known === upper);
  if (level === undefined) throw errors.invalidLevel();
  return level;
}

/** The settings that hold for a subject: each is the subject's or, if absent, the global one. */
export function effectiveConfig(
  state: RegistryState,
  subject: string | null,
): ConfigValue & { compatibilityLevel: CompatibilityLevel } {
  const merged = {
    compatibilityLevel: DEFAULT_LEVEL,
    ...state.config(null),
    ...(subject === null ? {} : state.config(subject)),
  };
  return merged as ConfigValue & { compatibilityLevel: CompatibilityLevel };
}

/** @throws RegistryError 42205 in a read-only mode */
export function assertWritable(state: RegistryState, subject: string | null): void {
  const mode = state.effectiveMode(subject);
  if (mode.startsWith("READONLY")) {
    throw errors.notPermitted(
      subject === null ? "The registry is in read-only mode." : `Subject ${subject} is in read-only mode.`,
    );
  }
}

/**
 * A subject that a client can name, in the default context. Reading needs no check: what is not
 * there is not found.
 *
 * @throws RegistryError 42208
 */
export function assertSubject(subject: string): void {
  if (
    subject.startsWith(":.") ||
    subject.startsWith(":*:") ||
    !isSegment(subject) ||
    !/^\P{Cc}+$/u.test(subject) ||
    subject === "__GLOBAL" ||
    subject === "__EMPTY"
  )
    throw errors.invalidSubject(subject);
}

/** Global and per-subject settings; `subject` null stands for the global ones. */
export function createSettingsOperations(store: RegistryStore) {
  return {
    config(subject: string | null, defaultToGlobal: boolean): ConfigValue {
      if (subject === null || defaultToGlobal) return effectiveConfig(store.state, subject);
      const config = store.state.config(subject);
      if (config === undefined) throw errors.noSubjectConfig(subject);
      return config;
    },

    /**
     * Settings that the request leaves out stay.
     *
     * @returns the request, as Confluent's registry does
     */
    setConfig(subject: string | null, request: Record<string, unknown>): Promise<Record<string, unknown>> {
      if (subject !== null) assertSubject(subject);
      const { compatibility, normalize, ...others } = request;
      const level = compatibility === undefined || compatibility === null ? undefined : parseLevel(compatibility);
      if (normalize !== undefined && typeof normalize !== "boolean")
        throw errors.badRequest(`"normalize" must be true or false.`);
      const unknown = Object.entries(others).filter(([, value]) => value !== null && value !== false);
      if (unknown.length > 0) throw errors.badRequest(`This registry has no setting "${unknown[0]?.[0]}".`);
      return store.write("Update of the configuration", (state) => {
        assertWritable(state, subject);
        const value: ConfigValue = {
          ...state.config(subject),
          ...(level === undefined ? {} : { compatibilityLevel: level }),
          ...(normalize === undefined ? {} : { normalize }),
        };
        const unchanged = JSON.stringify(value) === JSON.stringify(state.config(subject));
        const result = level === undefined ? request : { ...request, compatibility: level };
        return { records: unchanged ? [] : [configRecord(subject, value)], result };
      });
    },

    deleteConfig(subject: string | null): Promise<ConfigValue> {
      return store.write("Deletion of the configuration", (state) => {
        assertWritable(state, subject);
        const config = state.config(subject);
        if (config === undefined && subject !== null) throw errors.subjectNotFound(subject);
        return {
          records: config === undefined ? [] : [configRecord(subject, null)],
          result: config ?? effectiveConfig(state, null),
        };
      });
    },

    mode(subject: string | null, defaultToGlobal: boolean): { mode: Mode } {
      const { state } = store;
      if (subject === null || defaultToGlobal) return { mode: state.effectiveMode(subject) };
      const mode = state.mode(subject);
      if (mode === undefined) throw errors.noSubjectMode(subject);
      return { mode };
    },

    /** IMPORT needs an empty registry or subject, unless forced. */
    setMode(subject: string | null, request: Record<string, unknown>, force: boolean): Promise<{ mode: string }> {
      if (subject !== null) assertSubject(subject);
      const given = typeof request.mode === "string" ? request.mode.toUpperCase() : "";
      const mode = MODES.find((known) => known === given);
      if (mode === undefined) throw errors.invalidMode();
      return store.write("Update of the mode", (state) => {
        if (mode === "IMPORT" && state.effectiveMode(subject) !== "IMPORT" && !force) {
          const live = subject === null ? state.subjects("live") : state.versions(subject, "live");
          if (live.length > 0) throw errors.notPermitted("Cannot import since found existing subjects.");
        }
        return { records: state.mode(subject) === mode ? [] : [modeRecord(subject, mode)], result: { mode } };
      });
    },

    deleteMode(subject: string | null): Promise<{ mode: Mode }> {
      return store.write("Deletion of the mode", (state) => {
        const mode = state.mode(subject);
        if (mode === undefined && subject !== null) throw errors.subjectNotFound(subject);
        return {
          records: mode === undefined ? [] : [modeRecord(subject, null)],
          result: { mode: mode ?? "READWRITE" },
        };
      });
    },
  };
}
