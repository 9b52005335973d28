import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A lock of the kernel on a file, which ends with the process that holds it, however it ends: there
 * is no stale lock to recognise. Node offers such locks through SQLite alone.
 */
export class FileLock {
  private readonly database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** Waits while its holder is only starting or ending; undefined once `isHeldForGood`. */
  static async acquire(path: string, isHeldForGood: () => boolean): Promise<FileLock | undefined> {
    const database = new DatabaseSync(path);
    for (;;) {
      try {
        database.exec("BEGIN EXCLUSIVE");
        return new FileLock(database);
      } catch (error) {
        if (!/locked/.test((error as Error).message)) throw error;
      }
      if (isHeldForGood()) return undefined;
      await sleep(20);
    }
  }

  release(): void {
    this.database.close();
  }
}
