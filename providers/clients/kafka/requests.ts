/**
 * KRaft refuses a request of more than 10,000 records: one for each topic, partition, setting or
 * quota.
 */
const MAX_RECORDS_PER_REQUEST = 9_000;

/**
 * Splits items, in order, into requests that the controller accepts. An item that is too large even
 * alone gets its own request.
 */
export function splitIntoRequests<Item>(items: Item[], countRecords: (item: Item) => number): Item[][] {
  const requests: Item[][] = [];
  let records = Number.POSITIVE_INFINITY;
  for (const item of items) {
    records += countRecords(item);
    if (records > MAX_RECORDS_PER_REQUEST) {
      requests.push([]);
      records = countRecords(item);
    }
    requests.at(-1)!.push(item);
  }
  return requests;
}
