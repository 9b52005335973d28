import { type Claims, isHandedOver, readClaims } from "./claims.ts";
import { MAX_LOG_BYTES, rotateLog } from "./logs.ts";
import type { SupervisorPaths } from "./paths.ts";
import { ManagedProcess } from "./process/managed-process.ts";
import type { ProcessContext } from "./process/process-run.ts";
import type { ProcessStatus } from "./protocol.ts";
import type { ProcessSpec } from "./spec.ts";
import { type ProcessRecord, ProcessStore } from "./state.ts";
import { markOf, processGroupOf, writesTo } from "./system/identity.ts";
import { findFreeOffset } from "./taken-ports.ts";

/** Supervises the processes of one directory. */
export class Supervisor {
  private readonly managedProcesses = new Map<string, ManagedProcess>();
  private readonly context: ProcessContext;
  private lastOrder: number;

  constructor(paths: SupervisorPaths, { hold }: { hold: boolean }) {
    const store = new ProcessStore(paths);
    const records = store.load();
    this.lastOrder = Math.max(0, ...records.map(({ order }) => order));
    this.context = {
      paths,
      store,
      nextOrder: () => ++this.lastOrder,
      isSupervised: (pid) => this.isSupervised(pid),
      isHandedOver: (name, port) => this.holdersFor(name, port).length > 0,
      takePorts: (name, ports) => this.takePorts(name, ports),
      suggestOffset: () => findFreeOffset(readClaims(paths.directory) ?? this.portsInUse()),
    };
    for (const record of records) this.managedProcesses.set(record.name, new ManagedProcess(record, this.context));
    for (const child of this.managedProcesses.values()) child.resume({ hold });
  }

  /** Whether any process runs, starts, or waits to be restarted. */
  get isBusy(): boolean {
    return [...this.managedProcesses.values()].some((child) => child.isActive);
  }

  apply(name: string, spec: ProcessSpec, owner: string): Promise<ProcessStatus> {
    const child = this.managedProcesses.get(name) ?? new ManagedProcess(createRecord(name, spec, owner), this.context);
    this.managedProcesses.set(name, child);
    return child.apply(spec, owner);
  }

  async remove(name: string, owner?: string): Promise<void> {
    const child = this.managedProcesses.get(name);
    if (child && (await child.remove(owner)) && this.managedProcesses.get(name) === child)
      this.managedProcesses.delete(name);
  }

  /** @throws if no process has this name, as do `stop` and `restart` */
  async start(name: string): Promise<ProcessStatus> {
    return this.find(name).start();
  }

  async stop(name: string): Promise<void> {
    await this.find(name).stop();
  }

  async restart(name: string): Promise<ProcessStatus> {
    return this.find(name).restart();
  }

  status(): ProcessStatus[] {
    return this.inStartOrder().map((child) => child.status());
  }

  /** As `ManagedProcess.describeWait`. */
  describeWait(name: string): string | undefined {
    return this.managedProcesses.get(name)?.describeWait();
  }

  /** Whether the process was last applied with this specification. */
  hasSpec(name: string, spec: ProcessSpec): boolean {
    return this.managedProcesses.get(name)?.hasSpec(spec) ?? false;
  }

  /** The last to start is the first to stop. A later supervisor restarts none of them. */
  async stopAll({ forget }: { forget: boolean }): Promise<void> {
    for (const child of this.inStartOrder().reverse()) await (forget ? this.remove(child.name) : child.stop());
  }

  rotateLogs(): void {
    for (const name of [...this.managedProcesses.keys(), "supervisor"])
      rotateLog(this.context.paths.log(name), Number(process.env.PLINTH_LOG_BYTES ?? MAX_LOG_BYTES));
  }

  /** Processes that have a port which the program gives to `name` now. */
  private holdersFor(name: string, port: number): ManagedProcess[] {
    const holders = this.inStartOrder().filter(
      (child) => child.name !== name && child.isActive && Object.values(child.ports).includes(port),
    );
    if (holders.length === 0) return [];
    const claims = readClaims(this.context.paths.directory);
    return holders.filter((child) => isHandedOver(claims, port, child.name, name));
  }

  /**
   * The engine creates before it deletes, so a process that leaves the program, or moves to another
   * port, still has its port when the next process needs it.
   */
  private async takePorts(name: string, ports: number[]): Promise<void> {
    for (const holder of new Set(ports.flatMap((port) => this.holdersFor(name, port)))) {
      console.error(`Process '${holder.name}' is stopped: the program gives its port to '${name}'`);
      await holder.stop();
    }
  }

  private portsInUse(): Claims {
    const ports = this.inStartOrder().map((child) => [child.name, child.ports]);
    return { ports: Object.fromEntries(ports), portOffset: 0 };
  }

  private find(name: string): ManagedProcess {
    const child = this.managedProcesses.get(name);
    if (child) return child;
    const names = this.inStartOrder().map((each) => each.name);
    throw new Error(`There is no process '${name}'; there are ${names.join(", ") || "none"}`);
  }

  private inStartOrder(): ManagedProcess[] {
    return [...this.managedProcesses.values()].sort((a, b) => a.order - b.order);
  }

  private isSupervised(pid: number): boolean {
    const { key, logs } = this.context.paths;
    const group = processGroupOf(pid);
    const inLogs = (path: string) => path.startsWith(`${logs}/`);
    return (
      [...this.managedProcesses.values()].some((child) => child.ownsGroup(group)) ||
      markOf(pid)?.startsWith(`${key}/`) === true ||
      writesTo(pid, inLogs)
    );
  }
}

function createRecord(name: string, spec: ProcessSpec, owner: string): ProcessRecord {
  return { name, spec, owner, state: "stopped", since: new Date().toISOString(), order: 0, restarts: 0 };
}
