import { setTimeout as sleep } from "node:timers/promises";
import { exitText, failureText, probeText } from "./failure.ts";
import { type Identity, isRunning, type Mark, membersOf } from "./identity.ts";
import { type Launching, launch } from "./launch.ts";
import { holderOf, isFree, listensOn, takenSentence } from "./ports.ts";
import { becomesReady } from "./probe.ts";
import { adopt, end, endLeftovers, type Run, type Spared } from "./run.ts";
import { type Exit, isKept, ownMark, type Paths, type ProcessState, type Recorded, type Running, type Store } from "./state.ts";

/** What a process needs of the supervisor. */
export interface Surroundings {
  paths: Paths;
  store: Store;
  nextOrder: () => number;
  /** Whether a process that holds a port is one of ours, which may be about to give it up. */
  isOurs: (pid: number) => boolean;
}

export interface LifeSettings {
  /** Whether an earlier supervisor kept it. @default false */
  resumed?: boolean;
  /** A process that runs already, and is not ready yet; the record tells of it. */
  started?: Run;
  /** What runs under the same name and is not `own`: the one that is to follow it or has, and those that it has followed. */
  beside: (own: Running | undefined) => Identity[];
}

/** Exits in a row, without ever having been ready, after which a first start is given up. */
const HOPELESS_AFTER = 5;
/** A process that was ready for this long has earned an immediate restart. */
const HEALTHY_MS = 10_000;
const LONGEST_PAUSE_MS = 10_000;
/** How long a port may still be held by one of our own. */
const OWN_PORT_MS = 15_000;
/** A connection of someone else's that happens to use the port as its own end is soon gone. */
const FOREIGN_PORT_MS = 500;
const LISTENING_POLL_MS = 10;

/** From the first start of one specification to its end, through all restarts. */
export class Life {
  private readonly record: Recorded;
  private readonly around: Surroundings;
  private readonly halt = new AbortController();
  private readonly done: Promise<void>;
  private run: Run | undefined;
  /** Whether it has been ready once, or is known from before: then a crash is retried for ever. */
  private proven: boolean;
  private failures = 0;
  private readonly begun = Date.now();
  private wake = new AbortController();
  private verdict = Promise.withResolvers<void>();
  /** Another life has its name and log by now, and a record of its own. */
  private retired = false;
  private readonly beside: Spared;

  constructor(record: Recorded, around: Surroundings, { resumed = false, started, beside }: LifeSettings) {
    this.record = record;
    this.around = around;
    this.beside = () => beside(record.running);
    this.proven = resumed;
    this.verdict.promise.catch(() => undefined);
    this.run = started;
    this.done = this.live(started).catch((error: Error) => this.finish("failed", error.message));
  }

  get active(): boolean {
    return !this.halt.signal.aborted && isKept(this.record.state);
  }

  /** Resolves when ready; rejects when it is given up, or not ready within this time. */
  async ready(seconds: number): Promise<void> {
    const late = new AbortController();
    const deadline = sleep((seconds + 1) * 1000, undefined, { signal: late.signal }).then(
      () => {
        throw new Error(this.describe(`is not ready after ${seconds} s and is tried further (${this.record.restarts} restarts so far)`));
      },
      () => undefined,
    );
    await Promise.race([this.verdict.promise, deadline]).finally(() => late.abort());
  }

  /** Who waits for it to be ready waits no longer; it goes on. */
  interrupt(reason: string): void {
    if (this.record.state === "ready") return;
    this.verdict.reject(new Error(`process '${this.record.name}': ${reason}`));
    this.verdict = unheard();
  }

  retryNow(): void {
    this.failures = 0;
    this.wake.abort();
  }

  async stop(): Promise<void> {
    this.halt.abort();
    this.wake.abort();
    if (this.run) await end(this.run, this.mark, this.record.spec.stop);
    await this.done;
    await this.portsClose();
    this.change("stopped");
  }

  /** Ends it, in its own time, while another life runs under its name; resolves when nothing of it is left. */
  async retire(): Promise<void> {
    this.retired = true;
    this.halt.abort();
    this.wake.abort();
    if (this.run) await end(this.run, this.mark, this.record.spec.stop);
    await this.done;
  }

  /** Resolves once none of its processes listens on its ports any more. */
  async leavesPorts(): Promise<void> {
    const ports = Object.values(this.record.spec.ports);
    while (this.run && ports.some((port) => listensOn(this.run!.identity.pid, [port]))) await sleep(LISTENING_POLL_MS);
  }

  private get mark(): Mark {
    return this.retired ? ownMark(this.record.running) : this.around.paths.mark(this.record.name);
  }

  private async live(started: Run | undefined): Promise<void> {
    let next = started ?? (await this.adopted());
    if (next === undefined && !this.proven) await this.portsFree();
    while (!this.halt.signal.aborted) {
      const { failure, exit } = await this.once(next);
      next = undefined;
      if (this.halt.signal.aborted) return;
      if (this.endsHere(exit)) return this.finish(exit?.code === 0 ? "stopped" : "failed", failure);
      if (await this.hopeless(exit)) return this.finish("failed", failure);
      await this.pause();
      this.record.restarts++;
    }
  }

  /** One start to its end. */
  private async once(adopted: Run | undefined): Promise<{ failure: string; exit?: Exit }> {
    const { record, around } = this;
    try {
      const run = adopted ?? (await this.start());
      const deadline = Date.now() + record.spec.readyTimeoutSeconds * 1000;
      const log = { path: around.paths.log(record.name), from: record.running?.logStart ?? 0 };
      const given = new AbortController();
      const signal = AbortSignal.any([this.halt.signal, given.signal]);
      const ready =
        record.state === "ready" ||
        (await Promise.race([becomesReady(record.spec.ready, log, deadline, signal), run.exited.then(() => "exited" as const)]));
      given.abort();
      let since = Number.POSITIVE_INFINITY;
      if (ready === true) {
        since = Date.now();
        this.isReady();
      } else if (ready === false && !this.halt.signal.aborted) {
        await end(run, this.mark, record.spec.stop, this.beside);
        return { failure: `was not ready within ${record.spec.readyTimeoutSeconds} s (${probeText(record.spec.ready)}) and was ended` };
      }
      const exit = await run.exited;
      if (this.halt.signal.aborted) return { failure: "", exit };
      if (ready === true) this.verdict = unheard();
      this.change("backing-off", exit);
      if (Date.now() - since > HEALTHY_MS) this.failures = 0;
      await endLeftovers(this.mark, run.identity, this.beside);
      return { failure: exitText(exit), exit };
    } catch (error) {
      this.change("backing-off");
      return { failure: (error as Error).message };
    }
  }

  private async start(): Promise<Run> {
    const { record, around } = this;
    if (record.state !== "starting") this.change("starting");
    await endLeftovers(this.mark, undefined, this.beside);
    this.halt.signal.throwIfAborted();
    const launching: Launching = {
      name: record.name,
      spec: record.spec,
      paths: around.paths,
      signal: this.halt.signal,
      started: (run, running) => {
        this.run = run;
        record.running = running;
        record.order = around.nextOrder();
        around.store.save(record);
      },
    };
    return launch(launching);
  }

  /** What an earlier supervisor started and still runs. A half-done init step is ended, to be done again. */
  private async adopted(): Promise<Run | undefined> {
    const { running } = this.record;
    if (running === undefined) return undefined;
    if (isRunning(running) && running.phase === "main" && this.proven) {
      this.run = adopt(running);
      // What a supervisor that was killed in the middle of a handover has left beside it. Of no other: PostgreSQL's processes write over their
      // environment, and so over a part of the mark by which its own would be spared.
      const spared = () => [...membersOf(ownMark(running), running), ...this.beside()];
      if (this.record.spec.handover) await endLeftovers(this.mark, undefined, spared);
      return this.run;
    }
    await endLeftovers(this.mark, running);
    if (this.proven) {
      this.record.restarts++;
      this.change("starting", { code: null, signal: null, at: new Date().toISOString() });
    }
    return undefined;
  }

  private isReady(): void {
    this.proven = true;
    this.change("ready");
    this.verdict.resolve();
  }

  private change(state: ProcessState, exit?: Exit): void {
    if (this.retired) return;
    if (exit) this.record.lastExit = exit;
    if (this.record.state !== state) Object.assign(this.record, { state, since: new Date().toISOString() });
    this.around.store.save(this.record);
  }

  private finish(state: "stopped" | "failed", failure: string): void {
    this.change(state);
    this.verdict.reject(new Error(this.describe(failure)));
  }

  private endsHere(exit: Exit | undefined): boolean {
    const { restart } = this.record.spec;
    return exit !== undefined && (restart === "never" || (restart === "on-failure" && exit.code === 0));
  }

  /** Whether a first start has no prospect: never started, never ready, too many exits, too late, or someone else took the port meanwhile. */
  private async hopeless(exit: Exit | undefined): Promise<boolean> {
    this.failures++;
    if (this.proven) return false;
    if (exit === undefined || this.failures >= HOPELESS_AFTER || Date.now() - this.begun > this.record.spec.readyTimeoutSeconds * 1000)
      return true;
    await this.portsFree();
    return false;
  }

  /** None before the first retry, then 0.1 s doubling up to 10 s. */
  private async pause(): Promise<void> {
    if (this.failures <= 1) return;
    this.wake = new AbortController();
    await sleep(Math.min(100 * 2 ** (this.failures - 2), LONGEST_PAUSE_MS), undefined, { signal: this.wake.signal }).catch(() => undefined);
  }

  private async portsFree(): Promise<void> {
    const begun = Date.now();
    for (const [purpose, port] of Object.entries(this.record.spec.ports)) {
      while (!this.halt.signal.aborted && !(await isFree(port))) {
        const holder = holderOf(port);
        const patience = holder && this.around.isOurs(holder.pid) ? OWN_PORT_MS : FOREIGN_PORT_MS;
        if (Date.now() - begun > patience) throw new Error(takenSentence(this.record.name, purpose, port, holder));
        await sleep(50);
      }
    }
  }

  /** All of the session is gone; the system may take a moment to close what it listened on. */
  private async portsClose(): Promise<void> {
    const until = Date.now() + 2000;
    for (const port of Object.values(this.record.spec.ports)) {
      while (!(await isFree(port)) && Date.now() < until && holderOf(port) === undefined) await sleep(20);
    }
  }

  private describe(failure: string): string {
    const { name, spec, running } = this.record;
    return failureText(failure, { name, spec, log: this.around.paths.log(name), logStart: running?.logStart ?? 0 });
  }
}

function unheard(): PromiseWithResolvers<void> {
  const verdict = Promise.withResolvers<void>();
  verdict.promise.catch(() => undefined);
  return verdict;
}
