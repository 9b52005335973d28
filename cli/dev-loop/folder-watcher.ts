import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, join } from "node:path";
import { IGNORED_FOLDERS, ignoreMissing } from "../../components/base/source-revision.ts";

/**
 * An editor writes a file in several steps, and a check-out many files: the last change is waited
 * for, but not for ever.
 */
const SETTLE_MS = 25;
const MAX_DELAY_MS = 250;
/**
 * A folder may go while it is looked at, or a file come in its place; its end is told as any
 * other's.
 */
const GONE_CODES = ["ENOENT", "ENOTDIR"];

/**
 * Tells of changes below some folders, with all that are in them or come later. What package
 * managers bring is left out.
 */
export class FolderWatcher {
  private readonly folders: readonly string[];
  private readonly onChange: (files: string[]) => void;
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly pendingFiles = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private firstChangeAt = 0;

  /**
   * @param base above all of the folders; those in between are watched as well, because a check-out
   * may take a folder away and bring another
   * @param folders relative to `base`
   * @param changed told, once they have settled, of the absolute paths that were made, written or
   * removed
   */
  constructor(base: string, folders: readonly string[], changed: (files: string[]) => void) {
    this.folders = folders.map((folder) => join(base, folder));
    this.onChange = changed;
    this.watchFolder(base);
  }

  close(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  /** A watch on each folder: a recursive one loses a file that an editor replaces. */
  private watchFolder(folder: string): void {
    if (IGNORED_FOLDERS.has(basename(folder)) || !(this.isWatched(folder) || this.isAncestor(folder))) return;
    const noticed = (event: string, name: string | null) =>
      this.recordChange(event, name === null ? folder : join(folder, name));
    const entries = ignoreMissing(() => {
      // In this order: what comes in between is seen twice rather than never.
      this.watchers.set(folder, openWatcher(folder, noticed));
      return readdirSync(folder, { withFileTypes: true });
    }, GONE_CODES);
    this.watchers.get(folder)?.once("error", () => this.unwatch(folder));
    for (const entry of entries ?? []) if (entry.isDirectory()) this.watchFolder(join(folder, entry.name));
  }

  /** Ends the watches on a folder and on all below it. */
  private unwatch(folder: string): void {
    for (const [path, watcher] of this.watchers) {
      if (!isWithin(path, folder)) continue;
      watcher.close();
      this.watchers.delete(path);
    }
  }

  private recordChange(event: string, path: string): void {
    if (!this.isWatched(path) && !this.isAncestor(path)) return;
    // Made, removed or replaced: a folder at this place is another one now, and of the one before
    // no more is to be learnt.
    if (event === "rename") {
      this.unwatch(path);
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) this.watchFolder(path);
    }
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

  private isWatched(path: string): boolean {
    return this.folders.some((folder) => isWithin(path, folder));
  }

  private isAncestor(path: string): boolean {
    return this.folders.some((folder) => isWithin(folder, path));
  }
}

/** Or is it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function openWatcher(folder: string, noticed: (event: string, name: string | null) => void): FSWatcher {
  try {
    return watch(folder, noticed);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EMFILE") throw error;
    throw new Error(
      "This system lets nobody watch more folders. Type: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
    );
  }
}
