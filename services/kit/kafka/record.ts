/**
 * The most that is sent for a partition at once, and so the largest event there can be. By default
 * a broker takes no more than 1 MiB; the rest is for keys, headers and frames.
 */
export const MAX_RECORD_BYTES = 900_000;
