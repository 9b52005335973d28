import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { apply } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { type ProcessRecord, readProcessRecords } from "@plinth/local/supervisor/state.ts";
import { discoverServices, type LocatedService } from "../../components/service/descriptor.ts";
import { serviceProcess } from "../../components/service/process.ts";
import { listServiceFiles } from "../../components/service/revision.ts";

/** How one service came to run its present sources, or did not. */
export interface ReloadResult {
  service: string;
  ms: number;
  /** What is wrong with the new version, with its last output; undefined: it serves. */
  failure?: string;
}

/** What was last tried of one service. */
interface Attempt {
  revision: string;
  failed: boolean;
}

/**
 * Brings what runs in a local stack to its sources, as `make up` would, but nothing else of the
 * stack.
 */
export class Reloader {
  private readonly directory: string;
  private readonly attempts = new Map<string, Attempt>();
  private readonly pendingReports = new Map<string, number>();
  private readonly builds = new Map<string, Promise<void>>();

  /** @param directory of the stack's supervisor */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Whether a new version of the service is being started, and its outcome not told yet. */
  isReloading(service: string): boolean {
    return (this.pendingReports.get(service) ?? 0) > 0;
  }

  /** To be called once the result of a reload was told. */
  markReported(service: string): void {
    this.pendingReports.set(service, this.pendingReports.get(service)! - 1);
  }

  /**
   * The services that run other sources than there are now, each with its reload under way. One
   * that failed is tried again once a source of it is saved, changed or not: what it had missed, a
   * table or a server, may be there now.
   *
   * @param saved absolute paths
   * @throws one sentence about a bad descriptor
   */
  reload(saved: readonly string[]): { service: LocatedService; result: Promise<ReloadResult | undefined> }[] {
    const records = new Map(readProcessRecords(this.directory).map((record) => [record.name, record]));
    const changed = discoverServices(root).flatMap((service) => {
      const record = records.get(service.name);
      const port = record?.spec.ports.http;
      if (record === undefined || port === undefined) return [];
      const wanted = serviceProcess(service, port);
      const last = this.attempts.get(service.name) ?? { revision: record.spec.revision, failed: false };
      return wanted.revision === last.revision && !(last.failed && usesAnyOf(service, saved))
        ? []
        : [{ service, record, wanted }];
    });
    // None is begun before all of them are known to be sound.
    return changed.map(({ service, record, wanted }) => ({ service, result: this.restart(record, wanted) }));
  }

  /** Undefined when a newer edit came in between, whose own reload tells. */
  private async restart({ name, owner, spec }: ProcessRecord, wanted: ProcessSpec): Promise<ReloadResult | undefined> {
    const begun = performance.now();
    const { command, args, init, revision } = wanted;
    const attempt: Attempt = { revision, failed: false };
    this.attempts.set(name, attempt);
    this.pendingReports.set(name, (this.pendingReports.get(name) ?? 0) + 1);
    try {
      // Before the one that runs is stopped: it goes on while the next one is built, and if that
      // fails.
      await this.build(name, attempt, init);
      if (this.attempts.get(name) !== attempt) return undefined;
      await apply(this.directory, name, { ...spec, command, args, init, revision }, owner);
      return { service: name, ms: performance.now() - begun };
    } catch (error) {
      if (this.attempts.get(name) !== attempt) return undefined;
      attempt.failed = true;
      return { service: name, ms: performance.now() - begun, failure: (error as Error).message };
    }
  }

  /** After the builds before it, which work in the same folder; only the newest is worth it. */
  private build(name: string, attempt: Attempt, steps: ProcessSpec["init"]): Promise<void> {
    const work = async () => {
      for (const step of steps)
        if (this.attempts.get(name) === attempt && !existsSync(step.creates))
          await runBuildStep(step.command, step.args);
    };
    const done = (this.builds.get(name) ?? Promise.resolve()).then(work);
    this.builds.set(
      name,
      done.catch(() => undefined),
    );
    return done;
  }
}

function usesAnyOf(service: LocatedService, saved: readonly string[]): boolean {
  const { base, files } = listServiceFiles(service);
  return files.some((file) => saved.includes(join(base, file)));
}

/** Its output is shown as it comes. */
function runBuildStep(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error("it was not built, so the one before it goes on")),
    );
  });
}
