import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { root } from "@plinth/runtime/locations.ts";
import { apply } from "@plinth/runtime/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import { type Recorded, recordsIn } from "@plinth/runtime/supervisor/state.ts";
import { discoverServices, type LocatedService } from "../../components/descriptor.ts";
import { serviceProcess } from "../../components/process/microservice.ts";

/** How one service came to run its present sources, or did not. */
export interface Reload {
  service: string;
  ms: number;
  /** What is wrong with the new version, with its last output; undefined: it serves. */
  failure?: string;
}

/** Brings what runs in a local stack to its sources, as `make up` would, but nothing else of the stack. */
export class Reloader {
  private readonly directory: string;
  /** Revisions that were tried last; one that failed is not tried again until it is edited. */
  private readonly tried = new Map<string, string>();
  private readonly busy = new Map<string, number>();

  /** @param directory of the stack's supervisor */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Whether a new version of the service is being started, and its outcome not told yet. */
  isBusy(service: string): boolean {
    return (this.busy.get(service) ?? 0) > 0;
  }

  /** To be called once the result of a reload was told. */
  told(service: string): void {
    this.busy.set(service, this.busy.get(service)! - 1);
  }

  /** The services that run other sources than there are now, each with its reload under way. @throws one sentence about a bad descriptor */
  reload(): { service: LocatedService; result: Promise<Reload | undefined> }[] {
    const records = new Map(recordsIn(this.directory).map((record) => [record.name, record]));
    return discoverServices(root).flatMap((service) => {
      const record = records.get(service.name);
      const port = record?.spec.ports.http;
      if (record === undefined || port === undefined) return [];
      const wanted = serviceProcess(service, port);
      const current = this.tried.get(service.name) ?? record.spec.revision;
      if (wanted.revision === current) return [];
      this.tried.set(service.name, wanted.revision);
      return [{ service, result: this.restart(record, wanted) }];
    });
  }

  /** Undefined when a newer edit came in between, whose own reload tells. */
  private async restart({ name, owner, spec }: Recorded, wanted: ProcessSpec): Promise<Reload | undefined> {
    const begun = performance.now();
    const { command, args, init, revision } = wanted;
    this.busy.set(name, (this.busy.get(name) ?? 0) + 1);
    try {
      // Before the one that runs is stopped: it goes on while the next one is built, and if that fails.
      for (const step of init) if (!existsSync(step.creates)) await build(step.command, step.args);
      await apply(this.directory, name, { ...spec, command, args, init, revision }, owner);
      return { service: name, ms: performance.now() - begun };
    } catch (error) {
      if (this.tried.get(name) !== revision) return undefined;
      return { service: name, ms: performance.now() - begun, failure: (error as Error).message };
    }
  }
}

/** Its output is shown as it comes. */
function build(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error("it was not built, so the one before it goes on"))));
  });
}
