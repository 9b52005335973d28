import type { ReceivedRecord } from "./record.ts";

/** A record at its position in a chunk. */
interface IndexedRecord {
  index: number;
  record: ReceivedRecord;
}

/** Fewer events than these are not worth a transaction. */
const MIN_BATCH_EVENTS = 250;

/** One group for each key; a record without key is a group alone. */
export function groupByKey<Item extends IndexedRecord>(items: readonly Item[]): Item[][] {
  return [...Map.groupBy(items, ({ record, index }) => record.key?.toString() ?? index).values()];
}

/** Groups of {@link MIN_BATCH_EVENTS} or more, at most `concurrency`, each key in one of them. */
export function batchesByKeyHash(concurrency: number) {
  return <Item extends IndexedRecord>(items: readonly Item[]): (readonly Item[])[] => {
    const count = Math.min(concurrency, Math.ceil(items.length / MIN_BATCH_EVENTS));
    if (count <= 1) return items.length > 0 ? [items] : [];
    return [...Map.groupBy(items, ({ record }) => hashKey(record.key) % count).values()];
  };
}

function hashKey(key: Buffer | null): number {
  let sum = 0;
  for (const byte of key ?? []) sum = (sum * 31 + byte) >>> 0;
  return sum;
}
