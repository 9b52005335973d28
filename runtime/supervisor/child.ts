import { isDeepStrictEqual } from "node:util";
import { canHandOver, startBeside } from "./handover.ts";
import { isRunning, membersOf } from "./identity.ts";
import { Life, type Surroundings } from "./life.ts";
import type { ProcessSpec } from "./spec.ts";
import { type Exit, isKept, ownMark, type ProcessState, type Recorded, type Running } from "./state.ts";

/** What is told of a process; nothing secret. */
export interface Status {
  name: string;
  state: ProcessState;
  /** ISO 8601 time of the last change of state. */
  since: string;
  pid?: number;
  /** Starts after the first one. */
  restarts: number;
  lastExit?: Exit;
}

/** What init steps may take before a first start, at most: a build may have everything to download. How long it then takes to be ready is its own. */
const INIT_SECONDS = 900;

const NEWER = "a newer configuration came before it was ready";

/** One process by its name, over all its lives and specifications. Changes are made one after the other. */
export class Child {
  private record: Recorded;
  private readonly around: Surroundings;
  private life: Life | undefined;
  private tail: Promise<unknown> = Promise.resolve();
  private wanted: ProcessSpec;
  /** Ends what the change under way waits for. */
  private change = new AbortController();
  /** A process that is started beside the one that runs. */
  private staged: Running | undefined;
  /** Processes that another one has followed, while they finish what they had begun. */
  private readonly leaving = new Map<Running, Promise<void>>();

  constructor(record: Recorded, around: Surroundings) {
    this.record = record;
    this.around = around;
    this.wanted = record.spec;
  }

  get name(): string {
    return this.record.name;
  }

  get order(): number {
    return this.record.order;
  }

  get active(): boolean {
    return this.life?.active ?? false;
  }

  /** Takes up what an earlier supervisor left: follows it where it still runs, starts it again where it should, or, in `hold`, leaves it ended. */
  resume({ hold }: { hold: boolean }): void {
    const { running, state } = this.record;
    if (!isKept(state)) return;
    if (hold && (running === undefined || !isRunning(running)))
      Object.assign(this.record, { state: "stopped", since: new Date().toISOString() });
    else this.life = new Life(this.record, this.around, { resumed: true, beside: this.beside });
  }

  /** Resolves once `spec` runs and is ready. The same spec, running, is left alone; one that backs off is tried again at once. */
  apply(spec: ProcessSpec, owner: string): Promise<Status> {
    if (!isDeepStrictEqual(spec, this.wanted)) this.interrupt(NEWER);
    this.wanted = spec;
    return this.turn(async () => {
      if (!isDeepStrictEqual(spec, this.wanted)) throw new Error(`process '${this.name}': ${NEWER}`);
      this.record.owner = owner;
      if (this.life?.active && isDeepStrictEqual(this.record.spec, spec)) {
        this.around.store.save(this.record);
        this.life.retryNow();
      } else if (this.life && canHandOver(this.record, spec)) {
        await this.handOver(this.life, spec);
      } else {
        await this.end();
        this.change.signal.throwIfAborted();
        Object.assign(this.record, { spec, restarts: 0, state: "starting", since: new Date().toISOString() });
        delete this.record.lastExit;
        this.life = new Life(this.record, this.around, { beside: this.beside });
      }
      await this.life.ready(spec.readyTimeoutSeconds + (spec.init.length > 0 ? INIT_SECONDS : 0));
      return this.status();
    });
  }

  /** Stops it and keeps the record: it is not started again until it is applied. */
  stop(): Promise<void> {
    this.interrupt("it was stopped before it was ready");
    return this.turn(() => this.end());
  }

  /** Stops and forgets it. Someone who does not own it any more changes nothing; answers whether it is gone. */
  remove(owner: string | undefined): Promise<boolean> {
    const foreign = () => owner !== undefined && owner !== this.record.owner;
    if (foreign()) return Promise.resolve(false);
    this.interrupt("it was removed before it was ready");
    return this.turn(async () => {
      if (foreign()) return false;
      await this.end();
      this.around.store.forget(this.record.name);
      return true;
    });
  }

  status(): Status {
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

  runs(spec: ProcessSpec): boolean {
    return isDeepStrictEqual(this.record.spec, spec);
  }

  owns(group: number | undefined): boolean {
    return group !== undefined && this.record.running?.pid === group;
  }

  /** The next one listens before this one is told to end, so that there is always one; when it does not come to that, this one goes on. */
  private async handOver(before: Life, spec: ProcessSpec): Promise<void> {
    const staged = (one: Running) => {
      this.staged = one;
    };
    const { run, running } = await startBeside(this.name, spec, this.around.paths, this.change.signal, staged).finally(() => {
      this.staged = undefined;
    });
    const { lastExit: _, ...kept } = this.record;
    const left = this.record.running!;
    const order = this.around.nextOrder();
    this.record = { ...kept, spec, running, order, restarts: 0, state: "starting", since: new Date().toISOString() };
    this.around.store.save(this.record);
    const end = before
      .retire()
      .catch((error: Error) => console.error(error.message))
      .finally(() => this.leaving.delete(left));
    this.leaving.set(left, end);
    // Until then, the answer to a probe may be the other's.
    await before.leavesPorts();
    this.life = new Life(this.record, this.around, { started: run, beside: this.beside });
    this.change.signal.throwIfAborted();
  }

  /** What runs under its name, but for one life's own. */
  private readonly beside = (own: Running | undefined) =>
    [this.record.running, this.staged, ...this.leaving.keys()].flatMap((running) =>
      running === undefined || running === own ? [] : membersOf(ownMark(running), running),
    );

  private interrupt(reason: string): void {
    this.life?.interrupt(reason);
    this.change.abort(new Error(`process '${this.name}': ${reason}`));
  }

  private async end(): Promise<void> {
    // First those that finish what they had begun: the end of a life ends everything that has its name.
    await Promise.all(this.leaving.values());
    await this.life?.stop();
  }

  private turn<T>(work: () => Promise<T>): Promise<T> {
    const begin = () => {
      this.change = new AbortController();
      return work();
    };
    const result = this.tail.then(begin, begin);
    this.tail = result.catch(() => undefined);
    return result;
  }
}
