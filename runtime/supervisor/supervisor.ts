import { Child, type Status } from "./child.ts";
import { groupOf, markOf, writesTo } from "./identity.ts";
import type { Surroundings } from "./life.ts";
import { LOG_BYTES, rotate } from "./logs.ts";
import type { ProcessSpec } from "./spec.ts";
import { type Paths, type Recorded, Store } from "./state.ts";

/** All processes of one directory. */
export class Supervisor {
  private readonly children = new Map<string, Child>();
  private readonly around: Surroundings;
  private order: number;

  constructor(paths: Paths, { hold }: { hold: boolean }) {
    const store = new Store(paths);
    const records = store.load();
    this.order = Math.max(0, ...records.map(({ order }) => order));
    this.around = { paths, store, nextOrder: () => ++this.order, isOurs: (pid) => this.isOurs(pid) };
    for (const record of records) this.children.set(record.name, new Child(record, this.around));
    for (const child of this.children.values()) child.resume({ hold });
  }

  /** Whether anything runs, starts, or waits to be started again. */
  get busy(): boolean {
    return [...this.children.values()].some((child) => child.active);
  }

  apply(name: string, spec: ProcessSpec, owner: string): Promise<Status> {
    const child = this.children.get(name) ?? new Child(fresh(name, spec, owner), this.around);
    this.children.set(name, child);
    return child.apply(spec, owner);
  }

  async remove(name: string, owner?: string): Promise<void> {
    const child = this.children.get(name);
    if (child && (await child.remove(owner)) && this.children.get(name) === child) this.children.delete(name);
  }

  status(): Status[] {
    return this.inOrder().map((child) => child.status());
  }

  /** Whether this is what the process was last told to be. */
  runs(name: string, spec: ProcessSpec): boolean {
    return this.children.get(name)?.runs(spec) ?? false;
  }

  /** The last to start is the first to stop. Forgotten ones are not started again by a later supervisor, and neither are stopped ones. */
  async stopAll({ forget }: { forget: boolean }): Promise<void> {
    for (const child of this.inOrder().reverse()) await (forget ? this.remove(child.name) : child.stop());
  }

  rotateLogs(): void {
    for (const name of this.children.keys()) rotate(this.around.paths.log(name), Number(process.env.PLINTH_LOG_BYTES ?? LOG_BYTES));
  }

  private inOrder(): Child[] {
    return [...this.children.values()].sort((a, b) => a.order - b.order);
  }

  private isOurs(pid: number): boolean {
    const { key, logs } = this.around.paths;
    const group = groupOf(pid);
    const inLogs = (path: string) => path.startsWith(`${logs}/`);
    return (
      [...this.children.values()].some((child) => child.owns(group)) || markOf(pid)?.startsWith(`${key}/`) === true || writesTo(pid, inLogs)
    );
  }
}

function fresh(name: string, spec: ProcessSpec, owner: string): Recorded {
  return { name, spec, owner, state: "stopped", since: new Date().toISOString(), order: 0, restarts: 0 };
}
