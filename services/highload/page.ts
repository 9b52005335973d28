import { kitError } from "@plinth/kit/core/errors.ts";

/** A part of a list, newest first. */
export interface Page {
  limit: number;
  offset: number;
}

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 10;
/** Beyond any list, and small enough for an exact offset. */
const MAX_PAGE = 1_000_000_000;

/** @throws `invalid_request` naming the parameter that is not a whole number within its bounds */
export function parsePage({ page, limit }: { page?: string | undefined; limit?: string | undefined }): Page {
  const size = parseWithin("limit", limit, MAX_LIMIT, DEFAULT_LIMIT);
  return { limit: size, offset: (parseWithin("page", page, MAX_PAGE, 1) - 1) * size };
}

function parseWithin(name: string, text: string | undefined, max: number, fallback: number): number {
  if (text === undefined) return fallback;
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  const message = `must be a whole number from 1 to ${max}`;
  throw kitError("invalid_request", `The request is not valid: querystring/${name} ${message}.`, {
    details: [{ path: `querystring/${name}`, message }],
  });
}
