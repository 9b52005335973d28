import type { Writable } from "node:stream";
import type pg from "pg";
import { isConnectionError } from "../core/database-errors.ts";
import { kitError } from "../core/errors.ts";

/**
 * The queries of one transaction. They are pipelined, in order: neither the function nor a query
 * has to wait for an earlier one. The transaction commits only after all of them have succeeded.
 */
export interface Transaction {
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/** Opens the tables that work across tenants: outbox, inbox and idempotency keys. */
export const SYSTEM_SCOPE_STATEMENT = "set local app.scope = 'system'";

/**
 * Shows the rows of one tenant. SET LOCAL and not `set_config`: Citus passes only SET LOCAL to its
 * workers (citus.propagate_set_commands), which check the policies of a distributed table. A
 * checked number needs no quotes.
 */
export function tenantScopeStatement(tenantId: number): string {
  if (!Number.isSafeInteger(tenantId) || tenantId < 1)
    throw new Error(`A tenant's id is a positive whole number, not ${tenantId}`);
  return `set local app.tenant_id = '${tenantId}'`;
}

/**
 * Runs `work` between `begin` and `commit`, or rolls back.
 * @throws `unavailable` if the connection was lost during the commit; otherwise the error of `work`
 * or of a query
 */
export async function runTransaction<T>(
  client: pg.ClientBase,
  scopeStatement: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const sent: Promise<unknown>[] = [];
  let ended = false;
  const send = ((query: pg.QueryConfig | string) => {
    const answer = corkWrites(client, () => client.query(query));
    sent.push(answer);
    // A caller may ignore the answer: the end of the transaction reports its failure.
    answer.catch(() => undefined);
    return answer;
  }) as Transaction["query"] & ((query: string) => Promise<pg.QueryResult>);
  const transaction: Transaction = {
    // A kept transaction would send into the connection's next one, perhaps another tenant's.
    query: (query) =>
      ended
        ? Promise.reject(new Error("This transaction has ended: await every query within its function"))
        : send(query),
  };
  let result: T;
  try {
    // Not awaited: they travel with the first query of `work`, and the commit with its last ones.
    // Two queries, because Citus forwards the whole text that contains the SET, and each worker
    // would warn of a BEGIN within a transaction.
    send("begin");
    send(scopeStatement);
    result = await work(transaction);
  } catch (error) {
    ended = true;
    const outcomes = await Promise.allSettled(sent);
    if (!outcomes.some((outcome) => outcome.status === "rejected" && isConnectionError(outcome.reason)))
      await client.query("rollback");
    throw error;
  }
  ended = true;
  await commit(send("commit"), sent);
  return result;
}

/** @param sent all queries of the transaction, the commit included */
async function commit(answer: Promise<pg.QueryResult>, sent: readonly Promise<unknown>[]): Promise<void> {
  try {
    await Promise.all(sent);
  } catch (error) {
    await Promise.allSettled(sent);
    const commitError = await answer.catch((reason: unknown) => reason);
    // A failed statement turned the commit into a rollback.
    if (!isConnectionError(commitError)) throw error;
    // Must not be retried here: the commit may have taken effect.
    throw kitError(
      "unavailable",
      "The database was lost while it committed: whether the request took effect is unknown. Repeat it with the same Idempotency-Key.",
      { cause: error },
    );
  }
  if ((await answer).command !== "COMMIT")
    throw new Error("The function ignored a failed statement: the transaction was rolled back");
}

/**
 * Sends all queries of one turn of the event loop in one system call, which saves a third of the
 * cost of a small transaction.
 */
function corkWrites<T>(client: pg.ClientBase, send: () => T): T {
  const socket = socketOf(client);
  socket.cork();
  process.nextTick(() => socket.uncork());
  return send();
}

/** pg keeps its socket in a field that @types/pg does not declare. */
export function socketOf(client: pg.ClientBase): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}
