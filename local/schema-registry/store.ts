import { setTimeout as sleep } from "node:timers/promises";
import { errors, RegistryError } from "./errors.ts";
import { decodeRecord, type LogEntry, type LogRecord, noopRecord } from "./records.ts";
import { UnusableTopicError } from "./schema-topic.ts";
import { RegistryState } from "./state.ts";
import type { SchemaLog } from "./topic-log.ts";

/**
 * The records that a request writes, given the state once all requests before it are written. A
 * plan changes nothing itself.
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

/** A request of the batch that is being written, with its result once the log has the batch. */
interface PlannedWrite {
  request: PendingWrite;
  result: unknown;
}

const DEADLINE_SECONDS = 15;
/** Below the broker's default limit of 1,048,588 bytes a batch. */
const BATCH_BYTES = 1_000_000;
const RETRY_MS = 100;

/**
 * The only writer of the log. Requests that arrive while a batch is being written form the next
 * one. So they are judged one after another, share a round trip, and readers see only what the log
 * has.
 *
 * After a failed write the outcome is unknown, and the log is read again. If it has the batch, the
 * requests are answered as planned. If not, they are planned again on the state that it has.
 */
export class RegistryStore {
  readonly #log: Pick<SchemaLog, "open" | "read" | "append" | "close">;
  readonly #report: (line: string) => void;
  readonly #queue: PendingWrite[] = [];
  #committed = new RegistryState();
  /** The committed state and the batch under way. */
  #draft = new RegistryState();
  #nextOffset = 0n;
  #open = false;
  #writing: Promise<void> | undefined;

  constructor(log: Pick<SchemaLog, "open" | "read" | "append" | "close">, report: (line: string) => void) {
    this.#log = log;
    this.#report = report;
  }

  /** The state that the log has, for reading. */
  get state(): RegistryState {
    return this.#committed;
  }

  /**
   * Reads the log, waiting for the broker for at most `seconds`.
   *
   * @throws the last failure
   */
  async start(seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    await this.#reopen([], () => Date.now() > deadline);
  }

  /**
   * Runs the plan when its turn comes and resolves with its result once the log has its records.
   *
   * @throws RegistryError from the plan, 50002 if the broker does not answer in time, 50001 for any
   * other failure
   */
  write<T>(operation: string, plan: (state: RegistryState) => WritePlan<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => request.reject(errors.timedOut(operation, DEADLINE_SECONDS)),
        DEADLINE_SECONDS * 1000,
      );
      const settle = () => {
        request.settled = true;
        clearTimeout(timer);
      };
      const request: PendingWrite = {
        operation,
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

  /** Finishes accepted requests, then closes the log. */
  async stop(): Promise<void> {
    await this.#writing;
    await this.#log.close();
  }

  async #writeQueue(): Promise<void> {
    // Other requests of the same tick join the first batch.
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
      const planBytes =
        plan?.records.reduce(
          (sum, { key, value }) => sum + 100 + Buffer.byteLength(key) + Buffer.byteLength(value ?? ""),
          0,
        ) ?? 0;
      if (bytes > 0 && bytes + planBytes > BATCH_BYTES) break;
      this.#queue.shift();
      if (plan === undefined) continue;
      if (planBytes > BATCH_BYTES) {
        request.reject(errors.tooLarge(planBytes, BATCH_BYTES));
        continue;
      }
      bytes += planBytes;
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
      // Another writer wrote in between, so this state is not the state of the log.
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
      // No request waits any more: the next one tries again.
      const answer = error instanceof RegistryError ? error : errors.storeFailed((error as Error).message);
      for (const { request } of planned) if (!request.settled) request.reject(answer);
    }
  }

  /**
   * Reads the whole log, again and again until it succeeds or `shouldGiveUp`.
   *
   * @param lost a batch of unknown outcome
   * @returns whether the log has `lost`
   */
  async #reopen(lost: LogRecord[], shouldGiveUp: () => boolean): Promise<boolean> {
    this.#open = false;
    let reported = "";
    for (;;) {
      try {
        await this.#log.close();
        await this.#log.open();
        return await this.#replay(lost);
      } catch (error) {
        const { message } = error as Error;
        if (message !== reported) this.#report(`waiting for the broker: ${message}`);
        reported = message;
        if (error instanceof UnusableTopicError || shouldGiveUp()) throw error;
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
    // An old connection may still have had a batch under way. The state is complete up to this
    // mark, which comes after any such batch.
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
