import { decodeRecord } from "./decode-record.ts";
import type { LogEntry, LogRecord, SchemaValue, StoreMark } from "./records.ts";
import { RegistryState } from "./state.ts";
import { storedCanonicalString } from "./stored-schema.ts";

/** The state that a log describes, read record by record. */
export class LogReplay {
  readonly committed = new RegistryState();
  readonly draft = new RegistryState();
  /** Why records count for nothing, by offset. */
  readonly skipped = new Map<bigint, string>();
  /** The latest mark of a writer. */
  mark: StoreMark | undefined;
  readonly #tailFrom: bigint;
  readonly #tailLength: number;
  readonly #tail: LogRecord[] = [];
  #last: { record: LogRecord; offset: bigint } | undefined;

  /** @param tailFrom first offset of a batch of unknown outcome, which has `tailLength` records */
  constructor(tailFrom: bigint, tailLength: number) {
    this.#tailFrom = tailFrom;
    this.#tailLength = tailLength;
  }

  add(record: LogRecord, offset: bigint): void {
    if (offset >= this.#tailFrom && this.#tail.length < this.#tailLength) this.#tail.push(record);
    const decoded = decodeRecord(record);
    if (decoded === undefined) return;
    const fault = "fault" in decoded ? decoded.fault : findContradiction(this.committed, decoded.entry);
    if (fault !== undefined) this.skipped.set(offset, fault);
    if (fault !== undefined || !("entry" in decoded)) return;
    if (decoded.entry.kind === "STORE") {
      this.mark = decoded.entry.mark;
      this.#last = { record, offset };
    }
    this.committed.apply(decoded.entry);
    this.draft.apply(decoded.entry);
  }

  /** Whether the mark is the latest of the log, and at this offset. */
  has(mark: LogRecord, offset: bigint): boolean {
    return this.#last?.offset === offset && isSameRecord(mark, this.#last.record);
  }

  /** Whether the log has the batch of unknown outcome, right where it was to be. */
  endsWith(batch: readonly LogRecord[]): boolean {
    return batch.length > 0 && batch.every((record, index) => isSameRecord(record, this.#tail[index]));
  }
}

/**
 * An id means one schema, that of its first record: records in other topics were written with it.
 * Registries that wrote to one log at the same time, unaware of each other, may have left two.
 */
function findContradiction(state: RegistryState, entry: LogEntry): string | undefined {
  if (entry.kind !== "SCHEMA" || entry.value === null) return undefined;
  const { value } = entry;
  const [holder] = state.byId(value.id);
  if (holder === undefined || (holder.subject === value.subject && holder.version === value.version)) return undefined;
  if (isSameText(state, holder, value)) return undefined;
  return `${value.subject} version ${value.version} has id ${value.id}, which is that of ${holder.subject} version ${holder.version}`;
}

function isSameText(state: RegistryState, a: SchemaValue, b: SchemaValue): boolean {
  if (a.schema === b.schema) return true;
  const [one, other] = [storedCanonicalString(state, a), storedCanonicalString(state, b)];
  return one !== undefined && one === other;
}

function isSameRecord(a: LogRecord, b: LogRecord | undefined): boolean {
  return a.key === b?.key && a.value === b.value;
}
