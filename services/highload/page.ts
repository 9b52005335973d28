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
const POSITION = /^(\d{1,16}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** @throws `invalid_request` naming the parameter that is out of its bounds */
export function parsePage({ page, limit, after }: PageQuery): Page {
  const size = parseWithin("limit", limit, MAX_LIMIT, DEFAULT_LIMIT);
  if (after === undefined) return { limit: size, offset: (parseWithin("page", page, MAX_PAGE, 1) - 1) * size };
  if (page !== undefined) throw pageError("after", "must not be given together with page");
  return { limit: size, offset: 0, after: parsePosition(after) };
}

/** The header `Link` to the page that follows. Source: RFC 8288. */
export function nextPageLink(limit: number, { micros, id }: Position): string {
  const after = Buffer.from(`${micros}:${id}`).toString("base64url");
  return `<?limit=${limit}&after=${after}>; rel="next"`;
}

export function pageTooFarError(): Error {
  return pageError(
    "page",
    `must not skip more than ${MAX_OFFSET} items: follow the header Link of each page, which names the next by after`,
  );
}

function parsePosition(text: string): Position {
  const [, micros, id] = POSITION.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  if (id === undefined || !Number.isSafeInteger(Number(micros)))
    throw pageError("after", "must be taken from the header Link of the page before");
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
