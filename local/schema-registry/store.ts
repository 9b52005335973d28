import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeRecord } from "./decode-record.ts";
import { errors, RegistryError } from "./errors.ts";
import { LogReplay } from "./log-replay.ts";
import { createPendingWrite, type PendingWrite, type WritePlan } from "./pending-write.ts";
import { type LogRecord, storeRecord } from "./records.ts";
import { LostLogError, UnusableTopicError } from "./schema-topic.ts";
import { RegistryState } from "./state.ts";
import { IdentityFile } from "./store-identity.ts";
import type { SchemaLog } from "./topic-log.ts";

/** A request of the batch that is being written, with its result once the log has the batch. */
interface PlannedWrite {
  request: PendingWrite;
  result: unknown;
}

/** Below the broker's default limit of 1,048,588 bytes a batch. */
const BATCH_BYTES = 1_000_000;
const RETRY_MS = 100;
/** The broker forgets an idle producer after a day, and then tells no writer from a later one. */
const IDLE_MS = 600_000;

type Log = Pick<SchemaLog, "open" | "take" | "read" | "append" | "close">;

/**
 * The writer of the log. Requests that arrive while a batch is being written form the next
 * one. So they are judged one after another, share a round trip, and readers see only what the log
 * has.
 *
 * After a failed write the outcome is unknown, and the log is read again. If it has the batch, the
 * requests are answered as planned. If not, they are planned again on the state that it has. So it
 * is when another registry has become the writer: this one reads what it wrote, and takes over.
 *
 * A log that was lost is never taken for an empty one: writes are refused, and reading goes on.
 */
export class RegistryStore {
  readonly #log: Log;
  readonly #report: (line: string) => void;
  readonly #identity: IdentityFile;
  readonly #queue: PendingWrite[] = [];
  readonly #writer = randomUUID();
  /** Of the log; undefined before it was read. */
  #store: string | undefined;
  #generation = 0;
  #logStart = 0n;
  #writtenAt = 0;
  /** Reasons why records count for nothing, by offset. */
  readonly #skipped = new Map<bigint, string>();
  #committed = new RegistryState();
  /** The committed state and the batch under way. */
  #draft = new RegistryState();
  #nextOffset = 0n;
  #open = false;
  #writing: Promise<void> | undefined;

  constructor(log: Log, report: (line: string) => void, identity = new IdentityFile()) {
    this.#log = log;
    this.#report = report;
    this.#identity = identity;
  }

  /** Records of the log that are malformed, or contradict earlier ones. */
  get skippedRecords(): number {
    return this.#skipped.size;
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
      this.#queue.push(createPendingWrite(operation, plan, (result) => resolve(result as T), reject));
      this.#writing ??= this.#writeQueue();
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
    try {
      while (this.#queue.length > 0) {
        if (!this.#open) {
          await this.#reopenForQueue();
          continue;
        }
        const { planned, records } = this.#takeBatch();
        const failure = records.length === 0 ? undefined : await this.#append(records);
        if (failure === undefined) for (const { request, result } of planned) request.resolve(result);
        else await this.#recover(failure, planned, records);
      }
    } finally {
      // At once: a request that comes later begins the next round.
      this.#writing = undefined;
    }
  }

  /**
   * The draft may hold what a failed batch was to write, so nothing is planned on it. Meanwhile
   * what the log is known to have is answered.
   */
  async #reopenForQueue(): Promise<void> {
    for (const request of this.#queue.splice(0)) if (!request.answerFrom(this.#committed)) this.#queue.push(request);
    try {
      if (this.#queue.length > 0) await this.#reopen([], () => this.#queue.every(({ settled }) => settled));
    } catch (error) {
      const answer = errors.storeFailed((error as Error).message);
      for (const request of this.#queue.splice(0)) if (!request.settled) request.reject(answer);
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
      for (const record of plan.records) apply(record, this.#draft);
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
      if (!this.#open || this.#store === undefined) throw new Error("the log is not open");
      await this.#assertFresh();
      this.#identity.reserve(this.#store, this.#draft.maxId);
      const offset = await this.#log.append(records);
      // A registry of another kind wrote in between: this state is not the state of the log.
      if (offset !== this.#nextOffset)
        throw new Error(`another writer is on the log (offset ${offset}, expected ${this.#nextOffset})`);
      for (const record of records) apply(record, this.#committed);
      this.#nextOffset += BigInt(records.length);
      this.#writtenAt = Date.now();
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async #assertFresh(): Promise<void> {
    if (Date.now() - this.#writtenAt < IDLE_MS) return;
    const { next } = await this.#log.read(this.#nextOffset, () => {});
    if (next !== this.#nextOffset) throw new Error("another registry wrote meanwhile");
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
        await this.#log.open(this.#store !== undefined);
        return await this.#replay(lost);
      } catch (error) {
        const { message } = error as Error;
        if (message !== reported) this.#report(`waiting for the broker: ${message}`);
        reported = message;
        if (error instanceof UnusableTopicError || shouldGiveUp()) throw error;
        // Two registries that take over from each other meet less often so.
        await sleep(RETRY_MS * (0.5 + Math.random()));
      }
    }
  }

  async #replay(lost: LogRecord[]): Promise<boolean> {
    const replay = new LogReplay(this.#nextOffset, lost.length);
    const { start, next: end } = await this.#log.read(0n, (record, offset) => replay.add(record, offset));
    this.#assertSameLog(replay, start, end);
    const store = this.#store ?? replay.mark?.store ?? randomUUID();
    this.#generation = Math.max(this.#generation, replay.mark?.generation ?? 0) + 1;
    const lostMaxId = this.#identity.lostMaxId(store);
    if (lostMaxId > replay.committed.maxId) this.#report(`a log was lost: ids go on after ${lostMaxId}`);
    const maxId = Math.max(replay.committed.maxId, lostMaxId);
    // An old connection may still have had a batch under way, and another registry may write. The
    // state is complete up to this mark, after which the broker takes batches of this writer only.
    await this.#log.take(this.#generation);
    const mark = storeRecord({ store, generation: this.#generation, writer: this.#writer, maxId });
    const offset = await this.#log.append([mark]);
    const { next } = await this.#log.read(end, (record, at) => replay.add(record, at));
    if (!replay.has(mark, offset)) throw new Error(`another registry became the writer at offset ${offset}`);
    this.#identity.reserve(store, maxId);
    if (start > 0n && this.#store === undefined) this.#report(`the log begins at offset ${start}: it has lost records`);
    for (const [at, reason] of replay.skipped) this.#skip(at, reason);
    [this.#committed, this.#draft, this.#nextOffset] = [replay.committed, replay.draft, next];
    [this.#store, this.#logStart, this.#open, this.#writtenAt] = [store, start, true, Date.now()];
    return replay.endsWith(lost);
  }

  #assertSameLog(replay: LogReplay, start: bigint, end: bigint): void {
    if (this.#store === undefined) return;
    if (replay.mark?.store !== this.#store) throw new LostLogError("the topic was deleted and made again, or emptied");
    if (start > this.#logStart) throw new LostLogError(`the topic was cut: it begins at offset ${start} now`);
    if (end < this.#nextOffset || replay.committed.maxId < this.#committed.maxId)
      throw new LostLogError(`the topic lost its end: it knows ids up to ${replay.committed.maxId}`);
  }

  #skip(offset: bigint, reason: string): void {
    if (!this.#skipped.has(offset)) this.#report(`the record at offset ${offset} counts for nothing: ${reason}`);
    this.#skipped.set(offset, reason);
  }
}

function apply(record: LogRecord, state: RegistryState): void {
  const decoded = decodeRecord(record);
  if (decoded !== undefined && "entry" in decoded) state.apply(decoded.entry);
}
