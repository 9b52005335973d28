import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A kernel lock on a file. It ends with the process that holds it, however that ends, so a lock is
 * never stale. Node offers such locks only through SQLite.
 */
export class FileLock {
  private readonly database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** Waits while its holder is starting or ending; undefined once `isHeldForGood` says so. */
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
