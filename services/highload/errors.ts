import { defineErrors } from "@plinth/kit/core/errors.ts";

/** The high-load service's errors: the kit's codes and these. */
export const highloadError = defineErrors({
  user_not_found: 404,
  event_not_found: 404,
  email_taken: 409,
});
