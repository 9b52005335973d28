import { UserError } from "../../user-error.ts";

/** The store does not answer, or not now: the same request may succeed later. */
export class StoreUnavailable extends UserError {}

/** The store refused the request: sent again it would be refused again. */
export class StoreRefusal extends UserError {}
