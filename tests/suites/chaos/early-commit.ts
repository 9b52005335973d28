import pg from "pg";

/**
 * A planted bug, loaded before a service by `node --import`: a transaction that wrote events
 * reports its commit at once and commits a moment later, as if an `await` were missing.
 */
const LATE_MS = 40;
const prototype = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
const query = prototype.query;
const wroteEvents = new WeakSet<object>();
const pendingCommits = new WeakMap<object, () => void>();

prototype.query = function (this: object, ...args: unknown[]): unknown {
  const [first] = args;
  const text = typeof first === "string" ? first : ((first as { text?: string } | undefined)?.text ?? "");
  pendingCommits.get(this)?.();
  if (/insert into events/.test(text)) wroteEvents.add(this);
  if (text !== "commit" || !wroteEvents.delete(this)) return query.apply(this, args);
  const commit = () => {
    clearTimeout(timer);
    pendingCommits.delete(this);
    (query.apply(this, args) as Promise<unknown>).catch(() => undefined);
  };
  const timer = setTimeout(commit, LATE_MS);
  pendingCommits.set(this, commit);
  return Promise.resolve({ command: "COMMIT", rows: [], rowCount: null });
};
