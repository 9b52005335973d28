import type { ConfigValue, LogEntry, Mode, Reference, SchemaValue } from "./records.ts";

/** The contents of the log, as maps. Only `apply` changes them. */
export class RegistryState {
  readonly #subjects = new Map<string, Map<number, SchemaValue>>();
  /** id → the versions that carry it. */
  readonly #ids = new Map<number, Set<SchemaValue>>();
  /** Text and references → id. */
  readonly #texts = new Map<string, number>();
  /** Referenced version → versions that reference it. */
  readonly #references = new Map<string, Set<SchemaValue>>();
  readonly #configs = new Map<string | null, ConfigValue>();
  readonly #modes = new Map<string | null, Mode>();
  #maxId = 0;

  /** The highest id ever assigned. */
  get maxId(): number {
    return this.#maxId;
  }

  apply(entry: LogEntry): void {
    switch (entry.kind) {
      case "SCHEMA":
        this.#remove(entry.subject, entry.version);
        if (entry.value !== null) this.#add(entry.value);
        break;
      case "CONFIG":
        setOrDelete(this.#configs, entry.subject, entry.value);
        break;
      case "MODE":
        setOrDelete(this.#modes, entry.subject, entry.value?.mode ?? null);
        break;
      case "DELETE_SUBJECT":
        if (entry.value !== null) this.#softDelete(entry.subject, entry.value.version);
        break;
      case "CLEAR_SUBJECT":
        this.#clear(entry.subject);
        break;
      case "NOOP":
        this.#maxId = Math.max(this.#maxId, entry.maxId);
        break;
      case "STORE":
        this.#maxId = Math.max(this.#maxId, entry.mark.maxId);
        break;
    }
  }

  /** Names in alphabetical order. */
  subjects(include: "live" | "all" | "deleted"): string[] {
    return [...this.#subjects.keys()].filter((subject) => this.versions(subject, include).length > 0).sort();
  }

  /** Oldest first. */
  versions(subject: string, include: "live" | "all" | "deleted"): SchemaValue[] {
    const all = [...(this.#subjects.get(subject)?.values() ?? [])].sort((a, b) => a.version - b.version);
    return include === "all" ? all : all.filter((version) => version.deleted === (include === "deleted"));
  }

  version(subject: string, version: number): SchemaValue | undefined {
    return this.#subjects.get(subject)?.get(version);
  }

  byId(id: number): SchemaValue[] {
    return [...(this.#ids.get(id) ?? [])];
  }

  idOf(text: string, references: readonly Reference[]): number | undefined {
    return this.#texts.get(contentKey(text, references));
  }

  referencedBy(subject: string, version: number): SchemaValue[] {
    return [...(this.#references.get(versionKey(subject, version)) ?? [])];
  }

  /** @param subject null for the global one */
  config(subject: string | null): ConfigValue | undefined {
    return this.#configs.get(subject);
  }

  mode(subject: string | null): Mode | undefined {
    return this.#modes.get(subject);
  }

  /**
   * The mode that holds for a subject: READONLY_OVERRIDE if that is the global mode, else the
   * subject's mode, else the global one.
   */
  effectiveMode(subject: string | null): Mode {
    const globalMode = this.#modes.get(null) ?? "READWRITE";
    return globalMode === "READONLY_OVERRIDE" ? globalMode : (this.#modes.get(subject) ?? globalMode);
  }

  #add(value: SchemaValue): void {
    getOrCreate(this.#subjects, value.subject, () => new Map<number, SchemaValue>()).set(value.version, value);
    getOrCreate(this.#ids, value.id, () => new Set<SchemaValue>()).add(value);
    // Only imports give one text several ids; the first one stays.
    const key = contentKey(value.schema, value.references);
    if (!this.#texts.has(key)) this.#texts.set(key, value.id);
    for (const { subject, version } of value.references)
      getOrCreate(this.#references, versionKey(subject, version), () => new Set<SchemaValue>()).add(value);
    this.#maxId = Math.max(this.#maxId, value.id);
  }

  #remove(subject: string, version: number): void {
    const versions = this.#subjects.get(subject);
    const value = versions?.get(version);
    if (versions === undefined || value === undefined) return;
    versions.delete(version);
    if (versions.size === 0) this.#subjects.delete(subject);
    for (const reference of value.references)
      removeFromSet(this.#references, versionKey(reference.subject, reference.version), value);
    removeFromSet(this.#ids, value.id, value);
    const key = contentKey(value.schema, value.references);
    if (!this.#ids.has(value.id) && this.#texts.get(key) === value.id) this.#texts.delete(key);
  }

  #softDelete(subject: string, upTo: number): void {
    for (const value of this.versions(subject, "live")) {
      if (value.version > upTo) continue;
      this.#remove(subject, value.version);
      this.#add({ ...value, deleted: true });
    }
  }

  #clear(subject: string | null): void {
    for (const name of subject === null ? this.subjects("all") : [subject]) {
      for (const value of this.versions(name, "deleted")) this.#remove(name, value.version);
    }
  }
}

export function contentKey(text: string, references: readonly Reference[]): string {
  return references.length === 0
    ? text
    : text + JSON.stringify(references.map(({ name, subject, version }) => [name, subject, version]));
}

function versionKey(subject: string, version: number): string {
  return `${version}:${subject}`;
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function removeFromSet<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
