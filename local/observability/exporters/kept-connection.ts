import { withDeadline } from "./deadline.ts";

const CLOSE_MS = 1000;

/**
 * A connection that is opened when it is needed and kept, and opened again after it failed. While a
 * server hangs, callers wait for a deadline only, and no second attempt joins the first.
 */
export class KeptConnection<Connection> {
  private readonly open: () => Promise<Connection>;
  private readonly close: (connection: Connection) => Promise<void>;
  private current: Promise<Connection> | undefined;
  private pending: Promise<unknown> | undefined;

  constructor(open: () => Promise<Connection>, close: (connection: Connection) => Promise<void>) {
    this.open = open;
    this.close = close;
  }

  /** Resolves to undefined when it fails or takes longer than `deadlineMs`. */
  async use<T>(work: (connection: Connection) => Promise<T>, deadlineMs: number): Promise<T | undefined> {
    if (this.pending !== undefined) return undefined;
    const attempt = this.attempt(work);
    this.pending = attempt;
    void attempt.finally(() => {
      this.pending = undefined;
    });
    return withDeadline(attempt, deadlineMs);
  }

  /** A server that hangs is waited for a second only. */
  async stop(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    if (current !== undefined) await withDeadline(current.then(this.close), CLOSE_MS).catch(() => undefined);
  }

  private async attempt<T>(work: (connection: Connection) => Promise<T>): Promise<T | undefined> {
    try {
      this.current ??= this.open();
      return await work(await this.current);
    } catch {
      await this.stop();
      return undefined;
    }
  }
}
