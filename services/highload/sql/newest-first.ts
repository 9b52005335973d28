import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { MAX_OFFSET, type Page, type Position, pageTooFarError } from "../page.ts";

/** A part of a list, and the place of its last item if more may follow. */
export interface Listed<Item> {
  items: Item[];
  last: Position | undefined;
}

/** A table with `tenant_id`, `created_at` and `id`, and an index of the three. */
export interface ListedTable {
  /** Of the statements, such as `user-list`. */
  name: string;
  table: string;
  columns: string;
}

/**
 * Reads a page of a tenant's rows, newest first.
 * @throws `invalid_request` if the number of the page leads further than a list may be counted
 */
export async function selectNewestFirst<Row extends { id: string }>(
  transaction: Transaction,
  { name, table, columns }: ListedTable,
  tenantId: number,
  { limit, offset, after }: Page,
): Promise<Listed<Row>> {
  const newest = `from ${table} where tenant_id = $1`;
  const order = "order by created_at desc, id desc";
  if (offset > MAX_OFFSET) {
    const text = `select ${newest} ${order} limit 1 offset ${MAX_OFFSET}`;
    const { rowCount } = await transaction.query({ name: `${name}-depth`, text, values: [tenantId] });
    if (rowCount !== 0) throw pageTooFarError();
    return { items: [], last: undefined };
  }
  // The driver's dates have no microseconds.
  const fields = `${columns}, (extract(epoch from created_at) * 1000000)::bigint as created_micros`;
  const { rows } = await transaction.query<Row & { created_micros: number }>(
    after
      ? {
          name: `${name}-after`,
          text: `select ${fields} ${newest} and (created_at, id) < (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::uuid) ${order} limit $2`,
          values: [tenantId, limit, after.micros, after.id],
        }
      : {
          name,
          text: `select ${fields} ${newest} ${order} limit $2 offset $3`,
          values: [tenantId, limit, offset],
        },
  );
  const items = rows.map(({ created_micros: _, ...row }) => row as unknown as Row);
  const end = rows.at(-1);
  return { items, last: end && rows.length === limit ? { micros: end.created_micros, id: end.id } : undefined };
}
