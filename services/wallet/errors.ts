import { defineErrors } from "@plinth/kit/core/errors.ts";

/** Errors of the wallet: the kit's codes and its own. */
export const walletError = defineErrors({
  account_not_found: 404,
  account_exists: 409,
  insufficient_funds: 409,
  balance_too_large: 422,
});
