import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { apply } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { type ProcessRecord, readProcessRecords } from "@plinth/local/supervisor/state.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { discoverServices, type LocatedService } from "../../components/service/descriptor.ts";
import { serviceProcess } from "../../components/service/process.ts";
import { listServiceFiles } from "../../components/service/revision.ts";

/** The outcome of restarting one service from its present sources. */
export interface ReloadResult {
  service: string;
  ms: number;
  /** The error of the new version with its last output; undefined: it serves. */
  failure?: string;
}

/** The latest attempt to restart a service. */
interface Attempt {
  revision: string;
  failed: boolean;
}

/** Restarts services of a local stack from their sources, as `make up` does, and nothing else. */
export class Reloader {
  private readonly directory: string;
  private readonly attempts = new Map<string, Attempt>();
  private readonly pendingReports = new Map<string, number>();
  private readonly builds = new Map<string, Promise<void>>();

  /** @param directory of the stack's supervisor */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Whether a new version is starting, or its outcome is not reported yet. */
  isReloading(service: string): boolean {
    return (this.pendingReports.get(service) ?? 0) > 0;
  }

  /** To be called once the result of a reload is reported. */
  markReported(service: string): void {
    this.pendingReports.set(service, this.pendingReports.get(service)! - 1);
  }

  /**
   * Restarts the services whose sources differ from the running ones. A failed one is tried again
   * when one of its sources is saved, even unchanged: a table or a server that it lacked may exist
   * now.
   *
   * @param saved absolute paths
   * @throws {@link UserError} about a bad descriptor
   */
  reload(saved: readonly string[]): { service: LocatedService; result: Promise<ReloadResult | undefined> }[] {
    const records = new Map(readProcessRecords(this.directory).map((record) => [record.name, record]));
    const changed = discoverServices(root).flatMap((service) => {
      const record = records.get(service.name);
      const port = record?.spec.ports.http;
      if (record === undefined || port === undefined) return [];
      const target = serviceProcess(service, port);
      const last = this.attempts.get(service.name) ?? { revision: record.spec.revision, failed: false };
      return target.revision === last.revision && !(last.failed && usesAnyOf(service, saved))
        ? []
        : [{ service, record, target }];
    });
    // None is started before all descriptors are read.
    return changed.map(({ service, record, target }) => ({ service, result: this.restart(record, target) }));
  }

  /** Undefined when a newer edit replaced this attempt and reports instead. */
  private async restart({ name, owner, spec }: ProcessRecord, target: ProcessSpec): Promise<ReloadResult | undefined> {
    const start = performance.now();
    const { command, args, init, revision } = target;
    const attempt: Attempt = { revision, failed: false };
    this.attempts.set(name, attempt);
    this.pendingReports.set(name, (this.pendingReports.get(name) ?? 0) + 1);
    try {
      // Built while the old version serves; if this fails, that one stays.
      await this.build(name, attempt, init);
      if (this.attempts.get(name) !== attempt) return undefined;
      await apply(this.directory, name, { ...spec, command, args, init, revision }, owner);
      return { service: name, ms: performance.now() - start };
    } catch (error) {
      if (this.attempts.get(name) !== attempt) return undefined;
      attempt.failed = true;
      return { service: name, ms: performance.now() - start, failure: (error as Error).message };
    }
  }

  /** Waits for earlier builds, which use the same folder, and skips all but the newest. */
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

/** Prints the output of the build as it arrives. */
function runBuildStep(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new UserError("it was not built, so the one before it goes on")),
    );
  });
}
