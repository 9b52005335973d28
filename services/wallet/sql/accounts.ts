import { CHECK_VIOLATION, sqlState } from "@plinth/kit/core/database-errors.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { walletError } from "../errors.ts";

/** What an account can spend. */
export type AccountFunds = { available_cents: number; currency: string };

/** Returns false if the tenant already has an account with this id. */
export async function insertAccount(
  transaction: Transaction,
  tenantId: number,
  accountId: string,
  currency: string,
): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: "account-create",
    text: "insert into accounts (tenant_id, account_id, currency) values ($1, $2, $3) on conflict do nothing",
    values: [tenantId, accountId, currency],
  });
  return rowCount !== 0;
}

/** Returns undefined if there is no such account. @throws `balance_too_large` */
export async function creditAccount(
  transaction: Transaction,
  tenantId: number,
  accountId: string,
  cents: number,
): Promise<AccountFunds | undefined> {
  try {
    const { rows } = await transaction.query<AccountFunds>({
      name: "account-credit",
      text: `update accounts set available_cents = available_cents + $3 where tenant_id = $1 and account_id = $2
             returning available_cents, currency`,
      values: [tenantId, accountId, cents],
    });
    return rows[0];
  } catch (error) {
    if (sqlState(error) !== CHECK_VIOLATION) throw error;
    throw walletError("balance_too_large", "An account holds at most 9007199254740991 cents.", { cause: error });
  }
}

/**
 * Takes `cents` if the account has them; returns undefined if it has less or does not exist. One
 * statement: the row's lock makes parallel bets take turns, and none sees an old balance.
 */
export async function debitAccount(
  transaction: Transaction,
  tenantId: number,
  accountId: string,
  cents: number,
): Promise<AccountFunds | undefined> {
  const { rows } = await transaction.query<AccountFunds>({
    name: "account-debit",
    text: `update accounts set available_cents = available_cents - $3
           where tenant_id = $1 and account_id = $2 and available_cents >= $3 returning available_cents, currency`,
    values: [tenantId, accountId, cents],
  });
  return rows[0];
}

/** The currency of each account that exists, by its id in lower case. */
export async function selectCurrencies(
  transaction: Transaction,
  tenantId: number,
  accountIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await transaction.query<{ account_id: string; currency: string }>({
    name: "account-currencies",
    text: "select account_id, currency from accounts where tenant_id = $1 and account_id = any($2::uuid[])",
    values: [tenantId, accountIds],
  });
  return new Map(rows.map(({ account_id, currency }) => [account_id, currency]));
}

export async function accountExists(transaction: Transaction, tenantId: number, accountId: string): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: "account-exists",
    text: "select 1 from accounts where tenant_id = $1 and account_id = $2",
    values: [tenantId, accountId],
  });
  return rowCount !== 0;
}
