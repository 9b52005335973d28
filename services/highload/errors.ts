import { defineErrors } from "@plinth/kit/core/errors.ts";

/** Errors of the high-load service: the kit's codes and its own. */
export const highloadError = defineErrors({
  user_not_found: 404,
  event_not_found: 404,
  email_taken: 409,
});
