import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, join } from "node:path";
import { BROUGHT, unlessGone } from "../../components/source-revision.ts";

/** An editor writes a file in several steps, and a check-out many files: the last change is waited for, but not for ever. */
const SETTLE_MS = 25;
const LONGEST_MS = 250;
/** A folder may go while it is looked at, or a file come in its place; its end is told as any other's. */
const GONE = ["ENOENT", "ENOTDIR"];

/** Tells of changes below some folders, with all that are in them or come later. What package managers bring is left out. */
export class FolderWatch {
  private readonly folders: readonly string[];
  private readonly changed: (files: string[]) => void;
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly files = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  /**
   * @param base above all of the folders; those in between are watched as well, because a check-out may take a folder away and bring another
   * @param folders relative to `base`
   * @param changed told, once they have settled, of the absolute paths that were made, written or removed
   */
  constructor(base: string, folders: readonly string[], changed: (files: string[]) => void) {
    this.folders = folders.map((folder) => join(base, folder));
    this.changed = changed;
    this.follow(base);
  }

  close(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  /** A watch on each folder: a recursive one loses a file that an editor replaces. */
  private follow(folder: string): void {
    if (BROUGHT.has(basename(folder)) || !(this.isIn(folder) || this.leadsIn(folder))) return;
    const noticed = (event: string, name: string | null) => this.note(event, name === null ? folder : join(folder, name));
    const entries = unlessGone(() => {
      // In this order: what comes in between is seen twice rather than never.
      this.watchers.set(folder, open(folder, noticed));
      return readdirSync(folder, { withFileTypes: true });
    }, GONE);
    this.watchers.get(folder)?.once("error", () => this.leave(folder));
    for (const entry of entries ?? []) if (entry.isDirectory()) this.follow(join(folder, entry.name));
  }

  /** Ends the watches on a folder and on all below it. */
  private leave(folder: string): void {
    for (const [path, watcher] of this.watchers) {
      if (!isBelow(path, folder)) continue;
      watcher.close();
      this.watchers.delete(path);
    }
  }

  private note(event: string, path: string): void {
    if (!this.isIn(path) && !this.leadsIn(path)) return;
    // Made, removed or replaced: a folder at this place is another one now, and of the one before no more is to be learnt.
    if (event === "rename") {
      this.leave(path);
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) this.follow(path);
    }
    if (this.files.size === 0) this.since = Date.now();
    this.files.add(path);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), Math.max(0, Math.min(SETTLE_MS, this.since + LONGEST_MS - Date.now())));
  }

  private tell(): void {
    const files = [...this.files];
    this.files.clear();
    this.changed(files);
  }

  private isIn(path: string): boolean {
    return this.folders.some((folder) => isBelow(path, folder));
  }

  private leadsIn(path: string): boolean {
    return this.folders.some((folder) => isBelow(folder, path));
  }
}

/** Or is it. */
function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function open(folder: string, noticed: (event: string, name: string | null) => void): FSWatcher {
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
