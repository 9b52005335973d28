import { createHash } from "node:crypto";
import { isInstance } from "../core/caught-value.ts";
import { type ErrorDetail, kitError, ServiceError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import type { Transaction } from "./transaction.ts";

export interface IdempotentRequest {
  tenantId: number;
  /** The header `Idempotency-Key`; undefined if the client sent none. */
  key: string | undefined;
  /** The operation and its content: a key belongs to one request only. */
  request: readonly unknown[];
}

export interface IdempotentResult<T> {
  result: T;
  /** True if an earlier request with this key took effect; `result` is its result. */
  replayed: boolean;
}

/** What a service refused, as it is kept. */
type Refusal = { code: string; status: number; message: string; details?: readonly ErrorDetail[] | undefined };

/** The row of a key. Both answers are null only inside the transaction that claims it. */
type KeptAnswer = { fingerprint: string; answer: unknown; refusal: Refusal | null };

/** Of statuses 4xx, those that say "not now" rather than no. */
const NOT_NOW = new Set([401, 408, 425, 429]);

/**
 * Runs `work` in one transaction of the tenant, once per key. The first answer is the answer of the
 * key, whether `work` succeeds or refuses with a status of 4xx: a client that was told 409 can rely
 * on it. Nothing is kept of a request that was refused before it came here (as malformed, without
 * tenant, beyond a limit) or whose outcome is unknown (5xx): repeated, it runs. A request whose key
 * is in use waits for the answer of the first.
 *
 * Source: draft-ietf-httpapi-idempotency-key-header, "Idempotency Enforcement Scenarios".
 *
 * @param toRefusal what the caller is told of a failed transaction. @default the failure itself
 * @throws `idempotency_key_reused` if the key belongs to another request; the first refusal, marked
 * as replayed
 */
export async function runIdempotent<T>(
  database: Pick<Database, "withTenant">,
  { tenantId, key, request }: IdempotentRequest,
  work: (transaction: Transaction) => Promise<T>,
  toRefusal: (error: unknown) => unknown = (error) => error,
): Promise<IdempotentResult<T>> {
  if (key === undefined) {
    const result = await database.withTenant(tenantId, work).catch((error) => Promise.reject(toRefusal(error)));
    return { result, replayed: false };
  }
  const fingerprint = createHash("sha256").update(JSON.stringify(request)).digest("hex");
  const outcome = await database
    .withTenant(tenantId, async (transaction) => {
      if (!(await claimKey(transaction, tenantId, key, fingerprint, null)))
        return { kept: await findAnswer(transaction, tenantId, key) };
      const result = await work(transaction);
      await transaction.query({
        name: "idempotency-answer",
        text: "update idempotency_keys set answer = $3 where tenant_id = $1 and idempotency_key = $2",
        values: [tenantId, key, JSON.stringify(result ?? null)],
      });
      return { result };
    })
    .catch(async (error) => {
      const refusal = toRefusal(error);
      if (!isFinal(refusal)) throw refusal;
      // The failed transaction took the claim with it. The request that has claimed the key since
      // then decides.
      const kept = await database.withTenant(tenantId, async (transaction) =>
        (await claimKey(transaction, tenantId, key, fingerprint, refusal))
          ? undefined
          : findAnswer(transaction, tenantId, key),
      );
      if (kept === undefined) throw refusal;
      return { kept };
    });
  return "kept" in outcome
    ? { result: replay<T>(outcome.kept, fingerprint), replayed: true }
    : { result: outcome.result, replayed: false };
}

function isFinal(error: unknown): error is ServiceError {
  return isInstance(error, ServiceError) && error.status >= 400 && error.status < 500 && !NOT_NOW.has(error.status);
}

/** Returns false if the key has a row already; waits for a transaction that is making one. */
async function claimKey(
  transaction: Transaction,
  tenantId: number,
  key: string,
  fingerprint: string,
  refused: ServiceError | null,
): Promise<boolean> {
  const refusal: Refusal | null = refused && {
    code: refused.code,
    status: refused.status,
    message: refused.message,
    details: refused.details,
  };
  const { rowCount } = await transaction.query({
    name: "idempotency-claim",
    text: `insert into idempotency_keys (tenant_id, idempotency_key, fingerprint, refusal) values ($1, $2, $3, $4)
           on conflict do nothing`,
    values: [tenantId, key, fingerprint, refusal && JSON.stringify(refusal)],
  });
  return rowCount === 1;
}

/** Returns undefined if the key was pruned since. */
async function findAnswer(transaction: Transaction, tenantId: number, key: string): Promise<KeptAnswer | undefined> {
  const { rows } = await transaction.query<KeptAnswer>({
    name: "idempotency-find",
    text: "select fingerprint, answer, refusal from idempotency_keys where tenant_id = $1 and idempotency_key = $2",
    values: [tenantId, key],
  });
  return rows[0];
}

function replay<T>(kept: KeptAnswer | undefined, fingerprint: string): T {
  if (kept?.fingerprint !== fingerprint)
    throw kitError("idempotency_key_reused", "This Idempotency-Key was used for another request; take a new one.");
  const { refusal, answer } = kept;
  if (refusal === null) return answer as T;
  const { code, status, message, details } = refusal;
  throw new ServiceError(code, status, message, { ...(details && { details }), replayed: true });
}
