import { kitError } from "@plinth/kit/core/errors.ts";

/** A part of a list, newest first. */
export interface Page {
  limit: number;
  /** Items that are skipped; 0 with `after`. */
  offset: number;
  /** Place of the last item before the page. @default the page is found by its number */
  after?: Position;
}

/** The place of an item in a list. */
export interface Position {
  /** When it was created, in microseconds since 1970. */
  micros: number;
  id: string;
}

export interface PageQuery {
  page?: string | undefined;
  limit?: string | undefined;
  after?: string | undefined;
}

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 10;
/** Beyond any list, and small enough for an exact offset. */
const MAX_PAGE = 1_000_000_000;
/**
 * Items that a page's number may skip. The database reads each of them, and other tenants wait
 * meanwhile.
 */
export const MAX_OFFSET = 10_000;
/** A {@link Position} as text: exact microseconds, until the year 2255, and the id. */
export const POSITION_PATTERN =
  "^(\\d{1,15}|[0-8]\\d{15}):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/**
 * Ignores `page` beside `after`, which the route's schema has checked by {@link POSITION_PATTERN}.
 * @throws `invalid_request` naming the parameter that is out of its bounds
 */
export function parsePage({ page, limit, after }: PageQuery): Page {
  const size = parseWithin("limit", limit, MAX_LIMIT, DEFAULT_LIMIT);
  if (after === undefined) return { limit: size, offset: (parseWithin("page", page, MAX_PAGE, 1) - 1) * size };
  return { limit: size, offset: 0, after: parsePosition(after) };
}

/** The header `Link` to the page that follows. Source: RFC 8288. */
export function nextPageLink(limit: number, { micros, id }: Position): string {
  return `<?limit=${limit}&after=${micros}:${id}>; rel="next"`;
}

export function pageTooFarError(): Error {
  return pageError(
    "page",
    `must not skip more than ${MAX_OFFSET} items: follow the header Link of each page, which names the next by after`,
  );
}

function parsePosition(text: string): Position {
  const [micros = "", id = ""] = text.split(":");
  return { micros: Number(micros), id };
}

function parseWithin(name: string, text: string | undefined, max: number, fallback: number): number {
  if (text === undefined) return fallback;
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  throw pageError(name, `must be a whole number from 1 to ${max}`);
}

function pageError(name: string, message: string): Error {
  return kitError("invalid_request", `The request is not valid: querystring/${name} ${message}.`, {
    details: [{ path: `querystring/${name}`, message }],
  });
}
