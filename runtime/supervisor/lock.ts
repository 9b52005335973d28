import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A lock of the kernel on a file, which ends with the process that holds it, however it ends: there is no stale lock to recognise.
 * Node offers such locks through SQLite alone.
 */
export class Lock {
  private readonly path: string;
  private readonly database: DatabaseSync;
  private readonly inode: number;

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.database = database;
    this.inode = statSync(path).ino;
  }

  /** Waits while its holder is only starting or ending; undefined once `isHeldForGood`. */
  static async take(path: string, isHeldForGood: () => boolean): Promise<Lock | undefined> {
    const database = new DatabaseSync(path);
    for (;;) {
      try {
        database.exec("BEGIN EXCLUSIVE");
        return new Lock(path, database);
      } catch (error) {
        if (!/locked/.test((error as Error).message)) throw error;
      }
      if (isHeldForGood()) return undefined;
      await sleep(20);
    }
  }

  /** False once the file was deleted, as by someone who removes the whole directory. */
  get holds(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino === this.inode;
  }

  release(): void {
    this.database.close();
  }
}
