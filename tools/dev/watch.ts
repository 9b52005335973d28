import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { BROUGHT } from "../../components/source-revision.ts";

/** An editor writes a file in several steps, and a check-out many files: the last change is waited for, but not for ever. */
const SETTLE_MS = 25;
const LONGEST_MS = 250;

/** Tells of changes below some folders, with all that are in them or come later. What package managers bring is left out. */
export class FolderWatch {
  private readonly changed: (files: string[]) => void;
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly files = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  /** @param changed told, once they have settled, of the absolute paths that were made, written or removed */
  constructor(folders: readonly string[], changed: (files: string[]) => void) {
    this.changed = changed;
    for (const folder of folders) this.add(folder);
  }

  close(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  /** A watch on each folder: a recursive one loses a file that an editor replaces. */
  private add(folder: string): void {
    if (this.watchers.has(folder) || BROUGHT.has(folder.split("/").at(-1)!)) return;
    const watcher = open(folder, (name) => this.note(name === null ? folder : join(folder, name)));
    const forget = () => {
      watcher.close();
      this.watchers.delete(folder);
    };
    watcher.once("error", forget);
    this.watchers.set(folder, watcher);
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) this.add(join(folder, entry.name));
  }

  private note(path: string): void {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      this.add(path);
    } else if (found === undefined) {
      // Another folder that is made at the same place is another.
      this.watchers.get(path)?.close();
      this.watchers.delete(path);
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
}

function open(folder: string, noticed: (name: string | null) => void): FSWatcher {
  try {
    return watch(folder, (_event, name) => noticed(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EMFILE") throw error;
    throw new Error(
      "This system lets nobody watch more folders. Type: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
    );
  }
}
