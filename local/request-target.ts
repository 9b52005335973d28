/** The target of a request line that names a path. */
export interface RequestTarget {
  /** As it was sent, percent-encoded; begins with `/`. */
  path: string;
  /** Decoded. `%2F` and `%2E%2E` are text inside a segment; an empty segment stays one. */
  segments: string[];
  query: URLSearchParams;
  /** `host:port` of the absolute form, which counts instead of the header `Host`. */
  authority: string | undefined;
}

/** The target cannot be read: an answer with status 400. */
export class RequestTargetError extends Error {}

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]+)(.*)$/i;

/**
 * Reads a request target by RFC 9112, section 3.2: the origin form and the absolute form.
 *
 * `new URL(target, base)` does not do that. It resolves a link as a browser does: what follows `//`
 * becomes a host, `\` becomes `/`, and dot segments, encoded ones too, remove what precedes them.
 * So a request about one thing would be taken for one about another.
 *
 * @throws RequestTargetError
 */
export function parseRequestTarget(target = ""): RequestTarget {
  const [, authority, rest] = ABSOLUTE_FORM.exec(target) ?? [];
  const origin = rest === undefined ? target : rest.startsWith("/") ? rest : `/${rest}`;
  // Node passes bytes above 0x7e on as Latin-1. A fragment belongs to no request.
  if (!/^\/[\x21-\x7e]*$/.test(origin) || origin.includes("#"))
    throw new RequestTargetError("The request's target is not a path that begins with '/'");
  const question = origin.indexOf("?");
  const path = question < 0 ? origin : origin.slice(0, question);
  const query = question < 0 ? "" : origin.slice(question + 1);
  const segments = path.slice(1).split("/").map(decode);
  decode(query);
  return { path, segments, query: new URLSearchParams(query), authority };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RequestTargetError(`'${text.slice(0, 100)}' in the request's target is not percent-encoded UTF-8`);
  }
}

/**
 * Whether a client can name it in a path. Every library that builds URLs removes an empty segment,
 * `.` and `..`, encoded or not, so the request would be about something else.
 */
export const isSegment = (text: string): boolean => !/^\.{0,2}$/.test(text);

/** Encodes one segment of a path. @throws RangeError unless {@link isSegment} */
export function encodeSegment(text: string): string {
  if (!isSegment(text)) throw new RangeError(`'${text}' cannot be a segment of an address`);
  return encodeURIComponent(text);
}
