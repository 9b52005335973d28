import { kitError } from "@plinth/kit/core/errors.ts";

/** A part of a list, newest first. */
export interface Page {
  limit: number;
  offset: number;
}

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 10;
/** Beyond any list, and small enough for the offset to be an exact number. */
const MAX_PAGE = 1_000_000_000;

/** @throws `invalid_request` naming what is no whole number within its bounds */
export function parsePage({ page, limit }: { page?: string | undefined; limit?: string | undefined }): Page {
  const size = parseWithin("limit", limit, MAX_LIMIT, DEFAULT_LIMIT);
  return { limit: size, offset: (parseWithin("page", page, MAX_PAGE, 1) - 1) * size };
}

function parseWithin(name: string, text: string | undefined, most: number, usual: number): number {
  if (text === undefined) return usual;
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  const message = `must be a whole number from 1 to ${most}`;
  throw kitError("invalid_request", `The request is not valid: querystring/${name} ${message}.`, {
    details: [{ path: `querystring/${name}`, message }],
  });
}
