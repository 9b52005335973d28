import { defineErrors } from "@plinth/kit/core/errors.ts";

/** The wallet's errors: the kit's codes and these. */
export const walletError = defineErrors({
  account_not_found: 404,
  account_exists: 409,
  insufficient_funds: 409,
  balance_too_large: 422,
});

export function accountNotFound(accountId: string): Error {
  return walletError("account_not_found", `There is no account ${accountId}.`);
}
