import { setTimeout as sleep } from "node:timers/promises";
import type { SupervisorPaths } from "../paths.ts";
import {
  type Exit,
  markOfRun,
  type ProcessRecord,
  type ProcessState,
  type ProcessStore,
  type RunningProcess,
  shouldRun,
} from "../state.ts";
import { isRunning, membersOf, type ProcessIdentity, type ProcessMark } from "../system/identity.ts";
import { listensOn } from "../system/ports.ts";
import { describeExit, describeFailure, describeProbe } from "./failure.ts";
import { type LaunchOptions, launch } from "./launch.ts";
import { adoptProcess, type ExcludedProcesses, type OsProcess, terminate, terminateLeftovers } from "./os-process.ts";
import { type StartProgress, waitInVain } from "./patience.ts";
import { type PortOwners, waitForClosedPorts, waitForFreePorts } from "./port-wait.ts";
import { watchReadiness } from "./readiness-watch.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { waitForStart } from "./start-attempt.ts";
import { describeWait, isPreparing } from "./wait-description.ts";

/** The supervisor, as its processes see it. */
export interface ProcessContext extends PortOwners {
  paths: SupervisorPaths;
  store: ProcessStore;
  nextOrder: () => number;
  /** Whether another process has this port and stops for `name`, see `takePorts`. */
  isHandedOver: (name: string, port: number) => boolean;
  /** Stops the processes whose ports the program gives to `name` now. */
  takePorts: (name: string, ports: number[]) => Promise<void>;
}

export interface ProcessRunOptions {
  /** Whether an earlier supervisor started the process. @default false */
  resumed?: boolean;
  /** A process that runs already, is in the record, and is not ready yet. */
  startedProcess?: OsProcess;
  /**
   * Processes under the same name other than `own`: its successor, and replaced ones that drain.
   */
  otherProcesses: (own: RunningProcess | undefined) => ProcessIdentity[];
}

const LISTENING_POLL_MS = 10;

/** Runs one specification from its first start to its end, through all restarts. */
export class ProcessRun {
  private readonly record: ProcessRecord;
  private readonly context: ProcessContext;
  private readonly stopRequest = new AbortController();
  private readonly done: Promise<void>;
  private osProcess: OsProcess | undefined;
  private readonly policy: RestartPolicy;
  private readiness = Promise.withResolvers<void>();
  /** Whether another run has taken over the name, the log and the record. */
  private isReplaced = false;
  private readonly otherProcesses: ExcludedProcesses;
  private failedRuns = 0;
  private lastFailure: { reason: string; logStart: number } | undefined;

  constructor(
    record: ProcessRecord,
    context: ProcessContext,
    { resumed = false, startedProcess, otherProcesses }: ProcessRunOptions,
  ) {
    this.record = record;
    this.context = context;
    this.otherProcesses = () => otherProcesses(record.running);
    this.policy = new RestartPolicy(record.spec, resumed);
    this.readiness.promise.catch(() => undefined);
    this.osProcess = startedProcess;
    this.done = this.runWithRestarts(startedProcess).catch((error: Error) => this.giveUp("failed", error.message));
  }

  get isActive(): boolean {
    return !this.stopRequest.signal.aborted && shouldRun(this.record.state);
  }

  /** Resolves when the process is ready; rejects when it is given up, or waiting makes no sense. */
  async waitUntilReady(): Promise<void> {
    const done = new AbortController();
    const inVain = waitInVain(this.record.spec, () => this.progress, done.signal).then((why) => {
      throw new Error(this.describeWait(why === "crashing"));
    });
    await Promise.race([this.readiness.promise, inVain]).finally(() => done.abort());
  }

  /** Why it is not ready, with its last output. */
  describeWait(isCrashing = this.failedRuns > 0): string {
    const { lastFailure, record } = this;
    if (!isCrashing || lastFailure === undefined) return this.describeFailure(describeWait(record));
    const how = `${lastFailure.reason} and is restarted again and again (${record.restarts} times so far)`;
    return this.describeFailure(how, lastFailure.logStart);
  }

  /** Rejects callers that wait for it to be ready. The process goes on. */
  interrupt(reason: string): void {
    if (this.record.state === "ready") return;
    this.readiness.reject(new Error(`process '${this.record.name}': ${reason}`));
    this.readiness = createReadiness();
  }

  retryNow(): void {
    this.policy.retryNow();
  }

  async stop(): Promise<void> {
    this.stopRequest.abort();
    this.policy.endDelay();
    if (this.osProcess) await terminate(this.osProcess, this.mark, this.record.spec.stop);
    await this.done;
    await waitForClosedPorts(Object.values(this.record.spec.ports));
    this.setState("stopped");
  }

  /**
   * Ends it gracefully while another run has its name; resolves when none of its processes is left.
   */
  async drain(): Promise<void> {
    this.isReplaced = true;
    this.stopRequest.abort();
    this.policy.endDelay();
    if (this.osProcess) await terminate(this.osProcess, this.mark, this.record.spec.stop);
    await this.done;
  }

  /** Resolves once none of its processes listens on its ports. */
  async waitUntilPortsReleased(): Promise<void> {
    const ports = Object.values(this.record.spec.ports);
    while (this.osProcess && ports.some((port) => listensOn(this.osProcess!.identity.pid, [port])))
      await sleep(LISTENING_POLL_MS);
  }

  private get progress(): StartProgress {
    return { isBuilding: isPreparing(this.record), failedRuns: this.failedRuns };
  }

  private get mark(): ProcessMark {
    return this.isReplaced ? markOfRun(this.record.running) : this.context.paths.mark(this.record.name);
  }

  private async runWithRestarts(startedProcess: OsProcess | undefined): Promise<void> {
    let next = startedProcess ?? (await this.adoptRunning());
    if (next === undefined && !this.policy.hasBeenReady) await this.waitForFreePorts();
    while (!this.stopRequest.signal.aborted) {
      const { failure, exit } = await this.runOnce(next);
      next = undefined;
      if (this.stopRequest.signal.aborted) return;
      this.failedRuns++;
      this.lastFailure = { reason: failure, logStart: this.record.running?.logStart ?? 0 };
      if (this.policy.isFinal(exit)) return this.giveUp(exit?.code === 0 ? "stopped" : "failed", failure);
      if (this.policy.countFailure(exit) === "give-up") return this.giveUp("failed", failure);
      // Before the first ready, another process may have taken the port in the meantime.
      if (!this.policy.hasBeenReady) await this.waitForFreePorts();
      await this.policy.delay();
      this.record.restarts++;
    }
  }

  /** From one start to its exit. */
  private async runOnce(adopted: OsProcess | undefined): Promise<{ failure: string; exit?: Exit }> {
    const { record, context } = this;
    try {
      const run = adopted ?? (await this.start());
      const log = { path: context.paths.log(record.name), from: record.running?.logStart ?? 0 };
      const { outcome, answersSince } =
        adopted && (record.state === "ready" || record.state === "unready")
          ? { outcome: "ready", answersSince: Date.parse(record.since) }
          : await waitForStart(run, record.spec, log, this.policy.proofMilliseconds, this.stopRequest.signal);
      if (outcome === "late" && !this.stopRequest.signal.aborted) {
        await terminate(run, this.mark, record.spec.stop, this.otherProcesses);
        this.policy.noteReadyFor(0);
        return {
          failure: `was not ready within ${record.spec.readyTimeoutSeconds} s (${describeProbe(record.spec.ready)}) and was ended`,
        };
      }
      const exit = outcome === "ready" ? await this.followReady(run) : await run.exited;
      if (this.stopRequest.signal.aborted) return { failure: "", exit };
      if (outcome === "ready" && record.state === "ready") this.readiness = createReadiness();
      this.setState("backing-off", exit);
      this.policy.noteReadyFor(answersSince === undefined ? 0 : Date.now() - answersSince);
      await terminateLeftovers(this.mark, run.identity, this.otherProcesses);
      return { failure: describeExit(exit), exit };
    } catch (error) {
      this.setState("backing-off");
      return { failure: (error as Error).message };
    }
  }

  /** Until it ends, as long as it answers. */
  private async followReady(run: OsProcess): Promise<Exit> {
    const { record } = this;
    const ended = new AbortController();
    const signal = AbortSignal.any([this.stopRequest.signal, ended.signal]);
    const wasReady = record.state !== "unready";
    if (wasReady) this.markReady();
    void watchReadiness(record.spec, wasReady, signal, (ready) => {
      if (ready) return this.markReady();
      this.readiness = createReadiness();
      this.setState("unready");
    });
    return run.exited.finally(() => ended.abort());
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
      last: record.running,
      onStart: (run, running) => {
        this.osProcess = run;
        record.running = running;
        record.order = context.nextOrder();
        context.store.save(record);
      },
      beforeMain: () => this.takePorts(),
    };
    return launch(launching);
  }

  /**
   * The process of an earlier supervisor, if it still runs. An unfinished init step is ended, to be
   * repeated.
   */
  private async adoptRunning(): Promise<OsProcess | undefined> {
    const { running } = this.record;
    if (running === undefined) return undefined;
    if (isRunning(running) && running.phase === "main" && this.policy.hasBeenReady) {
      this.osProcess = adoptProcess(running);
      // A supervisor that was killed during a handover may have left a successor. Only processes
      // with handover are searched: PostgreSQL's overwrite their environment, and with it the part
      // of the mark that would spare them.
      const spared = () => [...membersOf(markOfRun(running), running), ...this.otherProcesses()];
      if (this.record.spec.handover) await terminateLeftovers(this.mark, undefined, spared);
      return this.osProcess;
    }
    await terminateLeftovers(this.mark, running);
    if (this.policy.hasBeenReady) {
      this.record.restarts++;
      this.setState("starting", { code: null, signal: null, at: new Date().toISOString() });
    }
    return undefined;
  }

  private markReady(): void {
    this.policy.hasBeenReady = true;
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

  /** Not for ports that are handed over: their process goes on while this one is built. */
  private waitForFreePorts(): Promise<void> {
    const { name, spec } = this.record;
    const ports = Object.entries(spec.ports).filter(([, port]) => !this.context.isHandedOver(name, port));
    return waitForFreePorts(name, Object.fromEntries(ports), this.context, this.stopRequest.signal);
  }

  private async takePorts(): Promise<void> {
    const { name, spec } = this.record;
    const ports = Object.values(spec.ports);
    if (!ports.some((port) => this.context.isHandedOver(name, port))) return;
    await this.context.takePorts(name, ports);
    await waitForFreePorts(name, spec.ports, this.context, this.stopRequest.signal);
  }

  private describeFailure(failure: string, logStart = this.record.running?.logStart ?? 0): string {
    const { name, spec } = this.record;
    return describeFailure(failure, { name, spec, log: this.context.paths.log(name), logStart });
  }
}

function createReadiness(): PromiseWithResolvers<void> {
  const readiness = Promise.withResolvers<void>();
  readiness.promise.catch(() => undefined);
  return readiness;
}
