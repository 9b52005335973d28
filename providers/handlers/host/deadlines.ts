/**
 * Milliseconds that a plan waits for a server it looks at. Short: a server that does not run is no
 * mistake before `up`.
 */
export const CITUS_PREVIEW_TIMEOUT_MS = 3_000;
export const CACHE_PREVIEW_TIMEOUT_MS = 2_000;

/** Milliseconds that a deletion waits for a server: a destroyed stack's may be gone already. */
export const DELETE_TIMEOUT_MS = 5_000;
