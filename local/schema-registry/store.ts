import { setTimeout as sleep } from "node:timers/promises";
import { errors, RegistryError } from "./errors.ts";
import { decodeRecord, type LogEntry, type LogRecord, noopRecord } from "./records.ts";
import { RegistryState } from "./state.ts";
import { type SchemaLog, UnusableTopicError } from "./topic-log.ts";

/**
 * What a request would write, judged on the state as it will be once everything before it is
 * written. It changes nothing itself.
 */
export interface WritePlan<T> {
  records: LogRecord[];
  result: T;
}

interface PendingWrite {
  operation: string;
  plan: (state: RegistryState) => WritePlan<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  settled: boolean;
}

/** A request of the batch being written, with its outcome once the log has it. */
interface PlannedWrite {
  request: PendingWrite;
  result: unknown;
}

const DEADLINE_SECONDS = 15;
/** Below the broker's default limit of 1,048,588 bytes a batch. */
const BATCH_BYTES = 1_000_000;
const RETRY_MS = 100;

/**
 * The only writer of the log. Requests that arrive while one batch is being written become the
 * next: so they are judged one after another, cost one round trip together, and readers never see
 * what the log does not have.
 *
 * When a write fails its outcome is unknown. Then the log is read again: a batch that did land is
 * answered as planned, one that did not is judged again on what is there.
 */
export class RegistryStore {
  readonly #log: SchemaLog;
  readonly #report: (line: string) => void;
  readonly #queue: PendingWrite[] = [];
  #committed = new RegistryState();
  /** The committed state and the batch under way. */
  #draft = new RegistryState();
  #nextOffset = 0n;
  #open = false;
  #writing: Promise<void> | undefined;

  constructor(log: SchemaLog, report: (line: string) => void) {
    this.#log = log;
    this.#report = report;
  }

  /** What the log says: for reading. */
  get state(): RegistryState {
    return this.#committed;
  }

  /**
   * Reads the log, waiting for the broker for at most so long. @throws Error naming the last
   * failure.
   */
  async start(seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    await this.#reopen([], () => Date.now() > deadline);
  }

  /**
   * Runs the plan when its turn comes and resolves with its result once the log has its records.
   * @throws RegistryError that the plan throws, 50002 when the broker did not take it in time,
   * 50001 otherwise.
   */
  write<T>(what: string, plan: (state: RegistryState) => WritePlan<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => request.reject(errors.timedOut(what, DEADLINE_SECONDS)), DEADLINE_SECONDS * 1000);
      const settle = () => {
        request.settled = true;
        clearTimeout(timer);
      };
      const request: PendingWrite = {
        operation: what,
        plan,
        settled: false,
        resolve: (result) => {
          settle();
          resolve(result as T);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#queue.push(request);
      this.#writing ??= this.#writeQueue().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  /** Lets what was accepted finish, then closes the log. */
  async stop(): Promise<void> {
    await this.#writing;
    await this.#log.close();
  }

  async #writeQueue(): Promise<void> {
    // The rest of this turn's requests join the first batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const { planned, records } = this.#takeBatch();
      const failure = records.length === 0 ? undefined : await this.#append(records);
      if (failure === undefined) for (const { request, result } of planned) request.resolve(result);
      else await this.#recover(failure, planned, records);
    }
  }

  #takeBatch(): { planned: PlannedWrite[]; records: LogRecord[] } {
    const planned: PlannedWrite[] = [];
    const records: LogRecord[] = [];
    let bytes = 0;
    while (this.#queue.length > 0) {
      const request = this.#queue[0] as PendingWrite;
      const plan = request.settled ? undefined : this.#plan(request);
      const more =
        plan?.records.reduce(
          (sum, { key, value }) => sum + 100 + Buffer.byteLength(key) + Buffer.byteLength(value ?? ""),
          0,
        ) ?? 0;
      if (bytes > 0 && bytes + more > BATCH_BYTES) break;
      this.#queue.shift();
      if (plan === undefined) continue;
      if (more > BATCH_BYTES) {
        request.reject(errors.tooLarge(more, BATCH_BYTES));
        continue;
      }
      bytes += more;
      records.push(...plan.records);
      for (const record of plan.records) applyEntry(this.#draft, decodeRecord(record));
      planned.push({ request, result: plan.result });
    }
    return { planned, records };
  }

  #plan(request: PendingWrite): WritePlan<unknown> | undefined {
    try {
      return request.plan(this.#draft);
    } catch (error) {
      request.reject(error);
      return undefined;
    }
  }

  async #append(records: LogRecord[]): Promise<Error | undefined> {
    try {
      if (!this.#open) throw new Error("the log is not open");
      const offset = await this.#log.append(records);
      // Someone else wrote in between: this state is not what the log says.
      if (offset !== this.#nextOffset)
        throw new Error(`another writer is on the log (offset ${offset}, expected ${this.#nextOffset})`);
      for (const record of records) applyEntry(this.#committed, decodeRecord(record));
      this.#nextOffset += BigInt(records.length);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async #recover(failure: Error, planned: PlannedWrite[], records: LogRecord[]): Promise<void> {
    this.#report(`writing ${records.length} records failed: ${failure.message}; reading the log again`);
    const waiting = () =>
      planned.some(({ request }) => !request.settled) || this.#queue.some((request) => !request.settled);
    try {
      const landed = await this.#reopen(records, () => !waiting());
      for (const { request, result } of planned) if (landed) request.resolve(result);
      if (!landed) this.#queue.unshift(...planned.map(({ request }) => request));
    } catch (error) {
      // Nobody waits any more: the next request tries again.
      const told = error instanceof RegistryError ? error : errors.store((error as Error).message);
      for (const { request } of planned) if (!request.settled) request.reject(told);
    }
  }

  /**
   * Reads everything anew until it succeeds. @returns whether `lost`, a batch of unknown outcome,
   * is in the log.
   */
  async #reopen(lost: LogRecord[], given: () => boolean): Promise<boolean> {
    this.#open = false;
    let told = "";
    for (;;) {
      try {
        await this.#log.close();
        await this.#log.open();
        return await this.#replay(lost);
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) this.#report(`waiting for the broker: ${message}`);
        told = message;
        if (error instanceof UnusableTopicError || given()) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  async #replay(lost: LogRecord[]): Promise<boolean> {
    const [committed, draft] = [new RegistryState(), new RegistryState()];
    const tail: LogRecord[] = [];
    const each = (record: LogRecord, offset: bigint) => {
      const entry = decodeRecord(record);
      applyEntry(committed, entry);
      applyEntry(draft, entry);
      if (offset >= this.#nextOffset && tail.length < lost.length) tail.push(record);
    };
    const end = await this.#log.read(0n, each);
    // A mark behind whatever an old connection may still have had under way; the state is complete
    // up to it.
    const mark = await this.#log.append([noopRecord(committed.maxId)]);
    const next = await this.#log.read(end, each);
    if (next <= mark) throw new Error(`the log ends at ${next}, before the mark at ${mark}`);
    const landed = lost.length > 0 && lost.every((record, index) => isSameRecord(record, tail[index]));
    this.#committed = committed;
    this.#draft = draft;
    this.#nextOffset = next;
    this.#open = true;
    return landed;
  }
}

function applyEntry(state: RegistryState, entry: LogEntry | undefined): void {
  if (entry !== undefined) state.apply(entry);
}

function isSameRecord(a: LogRecord, b: LogRecord | undefined): boolean {
  return a.key === b?.key && a.value === b.value;
}
