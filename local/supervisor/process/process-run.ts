import { setTimeout as sleep } from "node:timers/promises";
import {
  type Exit,
  markOfRun,
  type ProcessRecord,
  type ProcessState,
  type ProcessStore,
  type RunningProcess,
  type SupervisorPaths,
  shouldRun,
} from "../state.ts";
import { isRunning, membersOf, type ProcessIdentity, type ProcessMark } from "../system/identity.ts";
import { describeTakenPort, findPortHolder, isPortFree, listensOn } from "../system/ports.ts";
import { describeExit, describeFailure, describeProbe } from "./failure.ts";
import { type LaunchOptions, launch } from "./launch.ts";
import { adoptProcess, type ExcludedProcesses, type OsProcess, terminate, terminateLeftovers } from "./os-process.ts";
import { waitUntilReady } from "./readiness.ts";

/** What a process needs of the supervisor. */
export interface ProcessContext {
  paths: SupervisorPaths;
  store: ProcessStore;
  nextOrder: () => number;
  /** Whether a process that holds a port is one of ours, which may be about to give it up. */
  isSupervised: (pid: number) => boolean;
}

export interface ProcessRunOptions {
  /** Whether an earlier supervisor kept it. @default false */
  resumed?: boolean;
  /** A process that runs already, and is not ready yet; the record tells of it. */
  startedProcess?: OsProcess;
  /**
   * What runs under the same name and is not `own`: the one that is to follow it or has, and those
   * that it has followed.
   */
  otherProcesses: (own: RunningProcess | undefined) => ProcessIdentity[];
}

/** Exits in a row, without ever having been ready, after which a first start is given up. */
const MAX_FAILED_STARTS = 5;
/** A process that was ready for this long has earned an immediate restart. */
const HEALTHY_MS = 10_000;
const MAX_RESTART_DELAY_MS = 10_000;
/** How long a port may still be held by one of our own. */
const OWN_PORT_TIMEOUT_MS = 15_000;
/** A connection of someone else's that happens to use the port as its own end is soon gone. */
const FOREIGN_PORT_TIMEOUT_MS = 500;
const LISTENING_POLL_MS = 10;

/** From the first start of one specification to its end, through all restarts. */
export class ProcessRun {
  private readonly record: ProcessRecord;
  private readonly context: ProcessContext;
  private readonly stopRequest = new AbortController();
  private readonly done: Promise<void>;
  private osProcess: OsProcess | undefined;
  /** Whether it has been ready once, or is known from before: then a crash is retried for ever. */
  private hasBeenReady: boolean;
  private failures = 0;
  private readonly startedAt = Date.now();
  private delayAbort = new AbortController();
  private readiness = Promise.withResolvers<void>();
  /** Another life has its name and log by now, and a record of its own. */
  private isReplaced = false;
  private readonly otherProcesses: ExcludedProcesses;

  constructor(
    record: ProcessRecord,
    around: ProcessContext,
    { resumed = false, startedProcess, otherProcesses }: ProcessRunOptions,
  ) {
    this.record = record;
    this.context = around;
    this.otherProcesses = () => otherProcesses(record.running);
    this.hasBeenReady = resumed;
    this.readiness.promise.catch(() => undefined);
    this.osProcess = startedProcess;
    this.done = this.runWithRestarts(startedProcess).catch((error: Error) => this.giveUp("failed", error.message));
  }

  get isActive(): boolean {
    return !this.stopRequest.signal.aborted && shouldRun(this.record.state);
  }

  /** Resolves when ready; rejects when it is given up, or not ready within this time. */
  async waitUntilReady(seconds: number): Promise<void> {
    const late = new AbortController();
    const deadline = sleep((seconds + 1) * 1000, undefined, { signal: late.signal }).then(
      () => {
        throw new Error(
          this.describeFailure(
            `is not ready after ${seconds} s and is tried further (${this.record.restarts} restarts so far)`,
          ),
        );
      },
      () => undefined,
    );
    await Promise.race([this.readiness.promise, deadline]).finally(() => late.abort());
  }

  /** Who waits for it to be ready waits no longer; it goes on. */
  interrupt(reason: string): void {
    if (this.record.state === "ready") return;
    this.readiness.reject(new Error(`process '${this.record.name}': ${reason}`));
    this.readiness = createReadiness();
  }

  retryNow(): void {
    this.failures = 0;
    this.delayAbort.abort();
  }

  async stop(): Promise<void> {
    this.stopRequest.abort();
    this.delayAbort.abort();
    if (this.osProcess) await terminate(this.osProcess, this.mark, this.record.spec.stop);
    await this.done;
    await this.waitForClosedPorts();
    this.setState("stopped");
  }

  /**
   * Ends it, in its own time, while another life runs under its name; resolves when nothing of it
   * is left.
   */
  async drain(): Promise<void> {
    this.isReplaced = true;
    this.stopRequest.abort();
    this.delayAbort.abort();
    if (this.osProcess) await terminate(this.osProcess, this.mark, this.record.spec.stop);
    await this.done;
  }

  /** Resolves once none of its processes listens on its ports any more. */
  async waitUntilPortsReleased(): Promise<void> {
    const ports = Object.values(this.record.spec.ports);
    while (this.osProcess && ports.some((port) => listensOn(this.osProcess!.identity.pid, [port])))
      await sleep(LISTENING_POLL_MS);
  }

  private get mark(): ProcessMark {
    return this.isReplaced ? markOfRun(this.record.running) : this.context.paths.mark(this.record.name);
  }

  private async runWithRestarts(started: OsProcess | undefined): Promise<void> {
    let next = started ?? (await this.adoptRunning());
    if (next === undefined && !this.hasBeenReady) await this.waitForFreePorts();
    while (!this.stopRequest.signal.aborted) {
      const { failure, exit } = await this.runOnce(next);
      next = undefined;
      if (this.stopRequest.signal.aborted) return;
      if (this.isFinalExit(exit)) return this.giveUp(exit?.code === 0 ? "stopped" : "failed", failure);
      if (await this.shouldGiveUp(exit)) return this.giveUp("failed", failure);
      await this.waitBeforeRestart();
      this.record.restarts++;
    }
  }

  /** One start to its end. */
  private async runOnce(adopted: OsProcess | undefined): Promise<{ failure: string; exit?: Exit }> {
    const { record, context } = this;
    try {
      const run = adopted ?? (await this.start());
      const deadline = Date.now() + record.spec.readyTimeoutSeconds * 1000;
      const log = { path: context.paths.log(record.name), from: record.running?.logStart ?? 0 };
      const given = new AbortController();
      const signal = AbortSignal.any([this.stopRequest.signal, given.signal]);
      const ready =
        record.state === "ready" ||
        (await Promise.race([
          waitUntilReady(record.spec.ready, log, deadline, signal),
          run.exited.then(() => "exited" as const),
        ]));
      given.abort();
      let since = Number.POSITIVE_INFINITY;
      if (ready === true) {
        since = Date.now();
        this.markReady();
      } else if (ready === false && !this.stopRequest.signal.aborted) {
        await terminate(run, this.mark, record.spec.stop, this.otherProcesses);
        return {
          failure: `was not ready within ${record.spec.readyTimeoutSeconds} s (${describeProbe(record.spec.ready)}) and was ended`,
        };
      }
      const exit = await run.exited;
      if (this.stopRequest.signal.aborted) return { failure: "", exit };
      if (ready === true) this.readiness = createReadiness();
      this.setState("backing-off", exit);
      if (Date.now() - since > HEALTHY_MS) this.failures = 0;
      await terminateLeftovers(this.mark, run.identity, this.otherProcesses);
      return { failure: describeExit(exit), exit };
    } catch (error) {
      this.setState("backing-off");
      return { failure: (error as Error).message };
    }
  }

  private async start(): Promise<OsProcess> {
    const { record, context } = this;
    if (record.state !== "starting") this.setState("starting");
    await terminateLeftovers(this.mark, undefined, this.otherProcesses);
    this.stopRequest.signal.throwIfAborted();
    const launching: LaunchOptions = {
      name: record.name,
      spec: record.spec,
      paths: context.paths,
      signal: this.stopRequest.signal,
      onStart: (run, running) => {
        this.osProcess = run;
        record.running = running;
        record.order = context.nextOrder();
        context.store.save(record);
      },
    };
    return launch(launching);
  }

  /**
   * What an earlier supervisor started and still runs. A half-done init step is ended, to be done
   * again.
   */
  private async adoptRunning(): Promise<OsProcess | undefined> {
    const { running } = this.record;
    if (running === undefined) return undefined;
    if (isRunning(running) && running.phase === "main" && this.hasBeenReady) {
      this.osProcess = adoptProcess(running);
      // What a supervisor that was killed in the middle of a handover has left beside it. Of no
      // other: PostgreSQL's processes write over their environment, and so over a part of the mark
      // by which its own would be spared.
      const spared = () => [...membersOf(markOfRun(running), running), ...this.otherProcesses()];
      if (this.record.spec.handover) await terminateLeftovers(this.mark, undefined, spared);
      return this.osProcess;
    }
    await terminateLeftovers(this.mark, running);
    if (this.hasBeenReady) {
      this.record.restarts++;
      this.setState("starting", { code: null, signal: null, at: new Date().toISOString() });
    }
    return undefined;
  }

  private markReady(): void {
    this.hasBeenReady = true;
    this.setState("ready");
    this.readiness.resolve();
  }

  private setState(state: ProcessState, exit?: Exit): void {
    if (this.isReplaced) return;
    if (exit) this.record.lastExit = exit;
    if (this.record.state !== state) Object.assign(this.record, { state, since: new Date().toISOString() });
    this.context.store.save(this.record);
  }

  private giveUp(state: "stopped" | "failed", failure: string): void {
    this.setState(state);
    this.readiness.reject(new Error(this.describeFailure(failure)));
  }

  private isFinalExit(exit: Exit | undefined): boolean {
    const { restart } = this.record.spec;
    return exit !== undefined && (restart === "never" || (restart === "on-failure" && exit.code === 0));
  }

  /**
   * Whether a first start has no prospect: never started, never ready, too many exits, too late, or
   * someone else took the port meanwhile.
   */
  private async shouldGiveUp(exit: Exit | undefined): Promise<boolean> {
    this.failures++;
    if (this.hasBeenReady) return false;
    if (
      exit === undefined ||
      this.failures >= MAX_FAILED_STARTS ||
      Date.now() - this.startedAt > this.record.spec.readyTimeoutSeconds * 1000
    )
      return true;
    await this.waitForFreePorts();
    return false;
  }

  /** None before the first retry, then 0.1 s doubling up to 10 s. */
  private async waitBeforeRestart(): Promise<void> {
    if (this.failures <= 1) return;
    this.delayAbort = new AbortController();
    await sleep(Math.min(100 * 2 ** (this.failures - 2), MAX_RESTART_DELAY_MS), undefined, {
      signal: this.delayAbort.signal,
    }).catch(() => undefined);
  }

  private async waitForFreePorts(): Promise<void> {
    const begun = Date.now();
    for (const [purpose, port] of Object.entries(this.record.spec.ports)) {
      while (!this.stopRequest.signal.aborted && !(await isPortFree(port))) {
        const holder = findPortHolder(port);
        const patience =
          holder && this.context.isSupervised(holder.pid) ? OWN_PORT_TIMEOUT_MS : FOREIGN_PORT_TIMEOUT_MS;
        if (Date.now() - begun > patience) throw new Error(describeTakenPort(this.record.name, purpose, port, holder));
        await sleep(50);
      }
    }
  }

  /** All of the session is gone; the system may take a moment to close what it listened on. */
  private async waitForClosedPorts(): Promise<void> {
    const until = Date.now() + 2000;
    for (const port of Object.values(this.record.spec.ports)) {
      while (!(await isPortFree(port)) && Date.now() < until && findPortHolder(port) === undefined) await sleep(20);
    }
  }

  private describeFailure(failure: string): string {
    const { name, spec, running } = this.record;
    return describeFailure(failure, {
      name,
      spec,
      log: this.context.paths.log(name),
      logStart: running?.logStart ?? 0,
    });
  }
}

function createReadiness(): PromiseWithResolvers<void> {
  const verdict = Promise.withResolvers<void>();
  verdict.promise.catch(() => undefined);
  return verdict;
}
