import pg from "pg";

/**
 * A planted bug, loaded before a service by `node --import`: a transaction that wrote events counts
 * as committed at once, and is committed a moment later. No more than what a careless `await` left
 * out would do.
 */
const LATE_MS = 40;
const prototype = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
const query = prototype.query;
const wrote = new WeakSet<object>();
const owed = new WeakMap<object, () => void>();

prototype.query = function (this: object, ...args: unknown[]): unknown {
  const [first] = args;
  const text = typeof first === "string" ? first : ((first as { text?: string } | undefined)?.text ?? "");
  owed.get(this)?.();
  if (/insert into events/.test(text)) wrote.add(this);
  if (text !== "commit" || !wrote.delete(this)) return query.apply(this, args);
  const pay = () => {
    clearTimeout(timer);
    owed.delete(this);
    (query.apply(this, args) as Promise<unknown>).catch(() => undefined);
  };
  const timer = setTimeout(pay, LATE_MS);
  owed.set(this, pay);
  return Promise.resolve({ command: "COMMIT", rows: [], rowCount: null });
};
