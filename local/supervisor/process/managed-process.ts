import { isDeepStrictEqual } from "node:util";
import type { ProcessSpec } from "../spec.ts";
import {
  type Exit,
  markOfRun,
  type ProcessRecord,
  type ProcessState,
  type RunningProcess,
  shouldRun,
} from "../state.ts";
import { isRunning, membersOf } from "../system/identity.ts";
import { canHandOver, startSuccessor } from "./handover.ts";
import { type ProcessContext, ProcessRun } from "./process-run.ts";

/** What is told of a process; nothing secret. */
export interface ProcessStatus {
  name: string;
  state: ProcessState;
  /** ISO 8601 time of the last change of state. */
  since: string;
  pid?: number;
  /** Starts after the first one. */
  restarts: number;
  lastExit?: Exit;
}

/**
 * What init steps may take before a first start, at most: a build may have everything to download.
 * How long it then takes to be ready is its own.
 */
const INIT_TIMEOUT_SECONDS = 900;

const SUPERSEDED = "a newer configuration came before it was ready";

/**
 * One process by its name, over all its lives and specifications. Changes are made one after the
 * other.
 */
export class ManagedProcess {
  private record: ProcessRecord;
  private readonly context: ProcessContext;
  private run: ProcessRun | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private desiredSpec: ProcessSpec;
  /** Ends what the change under way waits for. */
  private pendingChange = new AbortController();
  /** A process that is started beside the one that runs. */
  private successor: RunningProcess | undefined;
  /** Processes that another one has followed, while they finish what they had begun. */
  private readonly draining = new Map<RunningProcess, Promise<void>>();

  constructor(record: ProcessRecord, around: ProcessContext) {
    this.record = record;
    this.context = around;
    this.desiredSpec = record.spec;
  }

  get name(): string {
    return this.record.name;
  }

  get order(): number {
    return this.record.order;
  }

  get isActive(): boolean {
    return this.run?.isActive ?? false;
  }

  /**
   * Takes up what an earlier supervisor left: follows it where it still runs, starts it again where
   * it should, or, in `hold`, leaves it ended.
   */
  resume({ hold }: { hold: boolean }): void {
    const { running, state } = this.record;
    if (!shouldRun(state)) return;
    if (hold && (running === undefined || !isRunning(running)))
      Object.assign(this.record, { state: "stopped", since: new Date().toISOString() });
    else this.run = new ProcessRun(this.record, this.context, { resumed: true, otherProcesses: this.otherProcesses });
  }

  /**
   * Resolves once `spec` runs and is ready. The same spec, running, is left alone; one that backs
   * off is tried again at once.
   */
  apply(spec: ProcessSpec, owner: string): Promise<ProcessStatus> {
    if (!isDeepStrictEqual(spec, this.desiredSpec)) this.interrupt(SUPERSEDED);
    this.desiredSpec = spec;
    return this.enqueue(async () => {
      if (!isDeepStrictEqual(spec, this.desiredSpec)) throw new Error(`process '${this.name}': ${SUPERSEDED}`);
      this.record.owner = owner;
      if (this.run?.isActive && isDeepStrictEqual(this.record.spec, spec)) {
        this.context.store.save(this.record);
        this.run.retryNow();
      } else if (this.run && canHandOver(this.record, spec)) {
        await this.handOver(this.run, spec);
      } else {
        await this.stopRun();
        this.pendingChange.signal.throwIfAborted();
        Object.assign(this.record, { spec, restarts: 0, state: "starting", since: new Date().toISOString() });
        delete this.record.lastExit;
        this.run = new ProcessRun(this.record, this.context, { otherProcesses: this.otherProcesses });
      }
      await this.run.waitUntilReady(spec.readyTimeoutSeconds + (spec.init.length > 0 ? INIT_TIMEOUT_SECONDS : 0));
      return this.status();
    });
  }

  /** Stops it and keeps the record: it is not started again until it is applied. */
  stop(): Promise<void> {
    this.interrupt("it was stopped before it was ready");
    return this.enqueue(() => this.stopRun());
  }

  /**
   * Stops and forgets it. Someone who does not own it any more changes nothing; answers whether it
   * is gone.
   */
  remove(owner: string | undefined): Promise<boolean> {
    const foreign = () => owner !== undefined && owner !== this.record.owner;
    if (foreign()) return Promise.resolve(false);
    this.interrupt("it was removed before it was ready");
    return this.enqueue(async () => {
      if (foreign()) return false;
      await this.stopRun();
      this.context.store.delete(this.record.name);
      return true;
    });
  }

  status(): ProcessStatus {
    const { name, state, since, running, restarts, lastExit } = this.record;
    const alive = running !== undefined && isRunning(running);
    return {
      name,
      // Dead already, though its exit has not been told yet.
      state: state === "ready" && !alive ? "backing-off" : state,
      since,
      restarts,
      ...(alive ? { pid: running.pid } : {}),
      ...(lastExit ? { lastExit } : {}),
    };
  }

  hasSpec(spec: ProcessSpec): boolean {
    return isDeepStrictEqual(this.record.spec, spec);
  }

  ownsGroup(group: number | undefined): boolean {
    return group !== undefined && this.record.running?.pid === group;
  }

  /**
   * The next one listens before this one is told to end, so that there is always one; when it does
   * not come to that, this one goes on.
   */
  private async handOver(before: ProcessRun, spec: ProcessSpec): Promise<void> {
    const staged = (one: RunningProcess) => {
      this.successor = one;
    };
    const { run, running } = await startSuccessor(
      this.name,
      spec,
      this.context.paths,
      this.pendingChange.signal,
      staged,
    ).finally(() => {
      this.successor = undefined;
    });
    const { lastExit: _, ...kept } = this.record;
    const left = this.record.running!;
    const order = this.context.nextOrder();
    this.record = { ...kept, spec, running, order, restarts: 0, state: "starting", since: new Date().toISOString() };
    this.context.store.save(this.record);
    const end = before
      .drain()
      .catch((error: Error) => console.error(error.message))
      .finally(() => this.draining.delete(left));
    this.draining.set(left, end);
    // Until then, the answer to a probe may be the other's.
    await before.waitUntilPortsReleased();
    this.run = new ProcessRun(this.record, this.context, { startedProcess: run, otherProcesses: this.otherProcesses });
    this.pendingChange.signal.throwIfAborted();
  }

  /** What runs under its name, but for one life's own. */
  private readonly otherProcesses = (own: RunningProcess | undefined) =>
    [this.record.running, this.successor, ...this.draining.keys()].flatMap((running) =>
      running === undefined || running === own ? [] : membersOf(markOfRun(running), running),
    );

  private interrupt(reason: string): void {
    this.run?.interrupt(reason);
    this.pendingChange.abort(new Error(`process '${this.name}': ${reason}`));
  }

  private async stopRun(): Promise<void> {
    // First those that finish what they had begun: the end of a life ends everything that has its
    // name.
    await Promise.all(this.draining.values());
    await this.run?.stop();
  }

  private enqueue<T>(work: () => Promise<T>): Promise<T> {
    const begin = () => {
      this.pendingChange = new AbortController();
      return work();
    };
    const result = this.queue.then(begin, begin);
    this.queue = result.catch(() => undefined);
    return result;
  }
}
