import { createHash } from "node:crypto";
import { kitError } from "../core/errors.ts";
import type { Transaction } from "./transaction.ts";

export interface IdempotentRequest {
  tenantId: number;
  /** The header `Idempotency-Key`; undefined if the client sent none. */
  key: string | undefined;
  /** The content of the request: a key belongs to one request only. */
  request: unknown;
}

export interface IdempotentResult<T> {
  result: T;
  /** True if an earlier request with this key took effect; `result` is its result. */
  replayed: boolean;
}

/**
 * Runs `work` once per key, inside `transaction`. A second request with the key waits until the
 * first is committed and returns its result. After a failed request it runs, since a failed request
 * leaves nothing behind.
 *
 * @throws `idempotency_key_reused` if the key belongs to another request
 */
export async function runIdempotent<T>(
  transaction: Transaction,
  { tenantId, key, request }: IdempotentRequest,
  work: () => Promise<T>,
): Promise<IdempotentResult<T>> {
  if (key === undefined) return { result: await work(), replayed: false };
  const fingerprint = createHash("sha256").update(JSON.stringify(request)).digest("hex");
  const { rowCount } = await transaction.query({
    name: "idempotency-claim",
    text: "insert into idempotency_keys (tenant_id, idempotency_key, fingerprint) values ($1, $2, $3) on conflict do nothing",
    values: [tenantId, key, fingerprint],
  });
  if (rowCount === 1) {
    const result = await work();
    await transaction.query({
      name: "idempotency-answer",
      text: "update idempotency_keys set answer = $3 where tenant_id = $1 and idempotency_key = $2",
      values: [tenantId, key, JSON.stringify(result)],
    });
    return { result, replayed: false };
  }
  const { rows } = await transaction.query<{ fingerprint: string; answer: T }>({
    name: "idempotency-find",
    text: "select fingerprint, answer from idempotency_keys where tenant_id = $1 and idempotency_key = $2",
    values: [tenantId, key],
  });
  const [first] = rows;
  if (first?.fingerprint !== fingerprint) {
    throw kitError("idempotency_key_reused", "This Idempotency-Key was used for another request; take a new one.");
  }
  return { result: first.answer, replayed: true };
}
