/**
 * Milliseconds that a plan waits for a server. Short, because a server that does not run before
 * `up` is not a mistake.
 */
export const CITUS_PREVIEW_TIMEOUT_MS = 3_000;
export const TENANTS_PREVIEW_TIMEOUT_MS = 2_000;
export const CACHE_PREVIEW_TIMEOUT_MS = 2_000;

/** Milliseconds that a plan looks for changes by hand; a server that runs answers in some tens. */
export const DRIFT_TIMEOUT_MS = 500;

/** Milliseconds that a deletion waits for a server: a destroyed stack's may be gone already. */
export const DELETE_TIMEOUT_MS = 5_000;
