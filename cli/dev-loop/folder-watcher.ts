import { basename, join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { type FSWatcher, watch } from "chokidar";
import { IGNORED_FOLDERS } from "../../components/base/source-revision.ts";

/**
 * An editor saves a file in several steps, and a check-out writes many files: changes are reported
 * once this long has passed without another one, and at the latest after the maximum.
 */
const SETTLE_MS = 25;
const MAX_DELAY_MS = 250;

/** Reports changes below some folders, except in the folders of package managers. */
export class FolderWatcher {
  /** Resolves once every change is noticed. */
  readonly ready: Promise<void>;
  private readonly watcher: FSWatcher;
  private readonly onChange: (files: string[]) => void;
  private readonly pendingFiles = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private firstChangeAt = 0;

  /**
   * @param folders relative to `base`; each may be removed and created again meanwhile
   * @param onChange receives absolute paths that were created, written or removed, once changes
   * have settled
   */
  constructor(base: string, folders: readonly string[], onChange: (files: string[]) => void) {
    this.onChange = onChange;
    this.watcher = watch(
      folders.map((folder) => join(base, folder)),
      { ignoreInitial: true, ignored: (path) => IGNORED_FOLDERS.has(basename(path)) },
    );
    this.watcher.on("all", (_event, path) => this.recordChange(path));
    let isReady = false;
    this.ready = new Promise((resolve, reject) => {
      this.watcher.once("ready", () => {
        isReady = true;
        resolve();
      });
      // Later errors concern one folder: they end neither the watch nor the process.
      this.watcher.on("error", (error) => {
        if (isReady) console.error(describeWatchError(error).message);
        else reject(describeWatchError(error));
      });
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.watcher.close();
  }

  private recordChange(path: string): void {
    if (this.pendingFiles.size === 0) this.firstChangeAt = Date.now();
    this.pendingFiles.add(path);
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.flush(),
      Math.max(0, Math.min(SETTLE_MS, this.firstChangeAt + MAX_DELAY_MS - Date.now())),
    );
  }

  private flush(): void {
    const files = [...this.pendingFiles];
    this.pendingFiles.clear();
    this.onChange(files);
  }
}

function describeWatchError(error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EMFILE") return error as Error;
  return new UserError(
    "This system does not allow more watched folders. Type: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
  );
}
