import { UserError } from "../../user-error.ts";

/** A failed request of the page: one sentence for its reader, and the HTTP status. */
export class PageError extends UserError {
  readonly status: number;

  /** @param status 400, 401, 403, 404, 409, 413, 429, 503 or 504 */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
