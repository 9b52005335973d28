import type { ReceivedRecord } from "./record.ts";

/** What is dealt out: its place among the others, and the record with its key. */
interface KeyedRecord {
  index: number;
  message: ReceivedRecord;
}

/** Fewer events than these are not worth a transaction of their own. */
const MIN_BATCH_EVENTS = 250;

/** Each key for itself. */
export function groupByKey<Item extends KeyedRecord>(items: readonly Item[]): Item[][] {
  return [...Map.groupBy(items, ({ message, index }) => message.key?.toString() ?? index).values()];
}

/** As few groups as make the most of the slots, a key always in the same. */
export function batchesByKeyHash(concurrency: number) {
  return <Item extends KeyedRecord>(items: readonly Item[]): (readonly Item[])[] => {
    const count = Math.min(concurrency, Math.ceil(items.length / MIN_BATCH_EVENTS));
    if (count <= 1) return items.length > 0 ? [items] : [];
    return [...Map.groupBy(items, ({ message }) => hashKey(message.key) % count).values()];
  };
}

function hashKey(key: Buffer | null): number {
  let sum = 0;
  for (const byte of key ?? []) sum = (sum * 31 + byte) >>> 0;
  return sum;
}
