import { isDeepStrictEqual } from "node:util";
import type { ProcessStatus } from "../protocol.ts";
import type { ProcessSpec } from "../spec.ts";
import { markOfRun, type ProcessRecord, type RunningProcess, shouldRun } from "../state.ts";
import { isRunning, membersOf } from "../system/identity.ts";
import { canHandOver, startSuccessor } from "./handover.ts";
import { type ProcessContext, ProcessRun } from "./process-run.ts";

const SUPERSEDED = "a newer configuration came before it was ready";
const STOPPED = "it was stopped before it was ready";

/**
 * One process by name, over all its runs and specifications. Changes are applied one after another.
 */
export class ManagedProcess {
  private record: ProcessRecord;
  private readonly context: ProcessContext;
  private run: ProcessRun | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private desiredSpec: ProcessSpec;
  /** Aborts the wait of the change under way. */
  private pendingChange = new AbortController();
  /** The process of a new specification that starts while this one still runs. */
  private successor: RunningProcess | undefined;
  /** Replaced processes that are still draining. */
  private readonly draining = new Map<RunningProcess, Promise<void>>();
  /** Applications and stops that were asked for: a later one decides about an earlier change. */
  private applications = 0;
  private stops = 0;
  private isForgotten = false;

  constructor(record: ProcessRecord, context: ProcessContext) {
    this.record = record;
    this.context = context;
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
   * Takes over a process from an earlier supervisor: follows it if it still runs, otherwise
   * restarts it or, with `hold`, leaves it ended.
   */
  resume({ hold }: { hold: boolean }): void {
    const { running, state } = this.record;
    if (!shouldRun(state)) return;
    if (hold && (running === undefined || !isRunning(running)))
      Object.assign(this.record, { state: "stopped", since: new Date().toISOString() });
    else this.run = new ProcessRun(this.record, this.context, { resumed: true, otherProcesses: this.otherProcesses });
  }

  /**
   * Resolves once `spec` runs and is ready. A process that runs with the same spec is left alone.
   * One that waits for its restart is restarted at once.
   */
  apply(spec: ProcessSpec, owner: string): Promise<ProcessStatus> {
    if (!isDeepStrictEqual(spec, this.desiredSpec)) this.interrupt(SUPERSEDED);
    this.desiredSpec = spec;
    this.applications++;
    return this.enqueue(async () => {
      this.isForgotten = false;
      if (!isDeepStrictEqual(spec, this.desiredSpec)) throw new Error(`process '${this.name}': ${SUPERSEDED}`);
      this.record.owner = owner;
      if (this.run?.isActive && isDeepStrictEqual(this.record.spec, spec)) {
        this.context.store.save(this.record);
        this.run.retryNow();
      } else if (this.run && canHandOver(this.record, spec)) {
        await this.handOver(this.run, spec);
      } else {
        await this.startRun(spec);
      }
      return this.waitUntilReady();
    });
  }

  /** Resolves once it is ready, with the specification that was applied last. */
  start(): Promise<ProcessStatus> {
    const { stops } = this;
    return this.enqueue(async () => {
      if (stops !== this.stops) throw new Error(`process '${this.name}': ${STOPPED}`);
      if (this.isForgotten) throw new Error(`process '${this.name}' was removed`);
      const { spec } = this.record;
      if (this.run?.isActive) this.run.retryNow();
      else await this.startRun(spec);
      return this.waitUntilReady();
    });
  }

  /** Stops it and keeps its record. It starts again only when it is started or applied. */
  stop(): Promise<void> {
    this.stops++;
    this.interrupt(STOPPED);
    return this.enqueue(async () => {
      // Its record, which the end of a run writes, is not to come back.
      if (!this.isForgotten) await this.stopRun();
    });
  }

  /** Nothing comes between its end and its start, but a later stop or removal cancels the start. */
  async restart(): Promise<ProcessStatus> {
    const [, status] = await Promise.all([this.stop(), this.start()]);
    return status;
  }

  /**
   * Stops and forgets it. An owner that it no longer belongs to changes nothing.
   *
   * @returns whether it was removed, and not applied in the meantime
   */
  remove(owner: string | undefined): Promise<boolean> {
    const foreign = () => owner !== undefined && owner !== this.record.owner;
    if (foreign()) return Promise.resolve(false);
    const { applications } = this;
    this.stops++;
    this.interrupt("it was removed before it was ready");
    return this.enqueue(async () => {
      if (foreign()) return false;
      await this.stopRun();
      this.context.store.delete(this.record.name);
      this.isForgotten = applications === this.applications;
      return this.isForgotten;
    });
  }

  /** Why a client still waits for it, with its last output; undefined if none does. */
  describeWait(): string | undefined {
    return this.isActive && this.record.state !== "ready" ? this.run!.describeWait() : undefined;
  }

  status(): ProcessStatus {
    const { name, state, since, running, restarts, lastExit } = this.record;
    const alive = running !== undefined && isRunning(running);
    return {
      name,
      // It has ended, but its exit event has not arrived yet.
      state: (state === "ready" || state === "unready") && !alive ? "backing-off" : state,
      since,
      restarts,
      ...(alive ? { pid: running.pid } : {}),
      ...(lastExit ? { lastExit } : {}),
    };
  }

  hasSpec(spec: ProcessSpec): boolean {
    return isDeepStrictEqual(this.record.spec, spec);
  }

  /** By purpose, also those that it is about to take. */
  get ports(): Record<string, number> {
    return this.desiredSpec.ports;
  }

  ownsGroup(group: number | undefined): boolean {
    return group !== undefined && this.record.running?.pid === group;
  }

  /**
   * The next process listens before this one ends, so one always does. If it fails to, this one
   * stays.
   */
  private async handOver(before: ProcessRun, spec: ProcessSpec): Promise<void> {
    const noteStart = (successor: RunningProcess) => {
      this.successor = successor;
    };
    const { run, running } = await startSuccessor(
      this.name,
      spec,
      this.context.paths,
      this.pendingChange.signal,
      noteStart,
    ).finally(() => {
      this.successor = undefined;
    });
    const { lastExit: _, ...kept } = this.record;
    const replaced = this.record.running!;
    const order = this.context.nextOrder();
    this.record = { ...kept, spec, running, order, restarts: 0, state: "starting", since: new Date().toISOString() };
    this.context.store.save(this.record);
    const end = before
      .drain()
      .catch((error: Error) => console.error(error.message))
      .finally(() => this.draining.delete(replaced));
    this.draining.set(replaced, end);
    // Until then, the replaced process may answer a probe.
    await before.waitUntilPortsReleased();
    this.run = new ProcessRun(this.record, this.context, { startedProcess: run, otherProcesses: this.otherProcesses });
    this.pendingChange.signal.throwIfAborted();
  }

  /** The processes under its name that are not of the run `own`. */
  private readonly otherProcesses = (own: RunningProcess | undefined) =>
    [this.record.running, this.successor, ...this.draining.keys()].flatMap((running) =>
      running === undefined || running === own ? [] : membersOf(markOfRun(running), running),
    );

  private interrupt(reason: string): void {
    this.run?.interrupt(reason);
    this.pendingChange.abort(new Error(`process '${this.name}': ${reason}`));
  }

  private async startRun(spec: ProcessSpec): Promise<void> {
    await this.stopRun();
    this.pendingChange.signal.throwIfAborted();
    Object.assign(this.record, { spec, restarts: 0, state: "starting", since: new Date().toISOString() });
    delete this.record.lastExit;
    this.run = new ProcessRun(this.record, this.context, { otherProcesses: this.otherProcesses });
  }

  private async waitUntilReady(): Promise<ProcessStatus> {
    await this.run!.waitUntilReady();
    return this.status();
  }

  private async stopRun(): Promise<void> {
    // Draining processes first: the end of a run ends all processes under its name.
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
