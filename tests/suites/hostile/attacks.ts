import type { Schema } from "../../support/api/example.ts";
import { type Exploration, SHAPES } from "../../support/api/exploration.ts";
import type { SentRequest } from "../../support/api/http.ts";
import { nameOf, type Operation } from "../../support/api/openapi.ts";

/** A malformed or malicious request. */
export interface Attack {
  what: string;
  sent: SentRequest;
  /** Expected statuses. @default 400 to 499 */
  statuses?: readonly number[];
}

const DEEP = 5000;

/** A new request that the operation accepts. */
export function validRequest(exploration: Exploration, operation: Operation): SentRequest {
  const { shape = SHAPES[0]! } = exploration.done.get(nameOf(operation)) ?? {};
  const sent = exploration.actor.request(operation, exploration.ids, shape);
  if (!sent) throw new Error(`no request can be built for ${nameOf(operation)}`);
  return sent;
}

/** Malformed JSON, and JSON of the wrong shape. */
export function bodyAttacks(exploration: Exploration, operation: Operation): Attack[] {
  if (!operation.body) return [];
  const sent = validRequest(exploration, operation);
  const valid = JSON.parse(String(sent.body)) as Record<string, unknown>;
  const nested = "[".repeat(DEEP) + "]".repeat(DEEP);
  const bodies: [string, string][] = [
    ["half an object", "{"],
    ["no body", ""],
    ["null", "null"],
    ["a list", "[]"],
    ["a text", '"x"'],
    ["a number", "1e999"],
    ["trailing text", `${sent.body}x`],
    ["deep nesting", nested],
    ["deep nesting in a field", `{"x":${nested}}`],
    ["a field __proto__", `{"__proto__":{"admin":true},${String(sent.body).slice(1)}`],
    ["a field constructor.prototype", `{"constructor":{"prototype":{"admin":true}},${String(sent.body).slice(1)}`],
    ["an unknown field", JSON.stringify({ ...valid, surprise: 1 })],
    ...Object.keys(valid).flatMap((field): [string, string][] =>
      wrongValues(operation.body?.properties?.[field]).map(([what, value]) => [
        `${what} as ${field}`,
        JSON.stringify({ ...valid, [field]: "\u{1F6A9}" }).replace('"\u{1F6A9}"', value),
      ]),
    ),
  ];
  const typed = sent.headers.filter(([name]) => name !== "content-type");
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
    "multipart/form-data",
    "",
    "\t",
    "x".repeat(500),
  ];
  return [
    ...bodies.map(([what, body]) => ({ what, sent: { ...sent, body } })),
    ...types.map((type) => ({
      what: `content type '${type.slice(0, 40)}'`,
      sent: { ...sent, headers: [...typed, ["content-type", type] as const] },
      // Some of these name JSON, too.
      statuses: [400, 415, 200, 201],
    })),
  ];
}

/** JSON values, as text, that a field of this schema must refuse. */
function wrongValues(schema: Schema = {}): [string, string][] {
  const types: [string, string][] = [
    ["an object", "{}"],
    ["a list", "[[]]"],
    ["1e400", "1e400"],
  ];
  const texts: [string, string][] = [
    ["a number", "7"],
    ["a text with NUL", '"a\\u0000b"'],
    ["half a surrogate pair", '"a\\ud800b"'],
    ["the other half", '"\\udc00"'],
  ];
  const numbers: [string, string][] = [
    ["a text", '"7"'],
    ["a fraction", "1.5"],
    ["2^63", "9223372036854775808"],
    ["-1", "-1"],
  ];
  if (schema.type === "string") return [...types, ...texts];
  return schema.type === "integer" ? [...types, ...numbers] : types;
}

/** Values in a path in place of an id. */
export function pathAttacks(exploration: Exploration, operation: Operation): Attack[] {
  if (!operation.path.includes("{")) return [];
  const ids = [
    "not-a-uuid",
    "%00",
    "%ff",
    "%",
    "..%2f..%2fetc%2fpasswd",
    "urn:uuid:00000000-0000-4000-8000-000000000000",
    "1;drop%20table",
    "__proto__",
    "x".repeat(5000),
    "%F0%9F%92%A9",
  ];
  const sent = validRequest(exploration, operation);
  return ids.map((id) => ({
    what: `path ${id.slice(0, 30)}`,
    sent: { ...sent, path: operation.path.replaceAll(/\{\w+\}/g, id) },
  }));
}

/** Query strings. */
export function queryAttacks(exploration: Exploration, operation: Operation): Attack[] {
  const names = operation.parameters.filter((one) => one.in === "query").map(({ name }) => name);
  const [path = ""] = validRequest(exploration, operation).path.split("?");
  const sent = { ...validRequest(exploration, operation), path };
  const values = ["0", "-1", "1.5", "abc", "", "1e9", "NaN", "99999999999999999999", "%00", "1'--", "0x10", "[]"];
  const queries = [
    ...names.flatMap((name) => [...values.map((value) => `${name}=${value}`), `${name}=1&${name}=2`, `${name}[x]=1`]),
    "__proto__=1",
    "unknown=1",
    "=",
    "%",
  ];
  // A service may ignore unknown parameters, but not an invalid value of a known one.
  return queries.map((query) => ({
    what: `query ${query}`,
    sent: { ...sent, path: `${path}?${query}` },
    ...(names.some((name) => query.startsWith(`${name}=`)) ? {} : { statuses: [200, 201, 204, 400, 404, 409] }),
  }));
}
