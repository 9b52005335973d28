import { all, type Call, calls } from "./tree.ts";

/** Functions that answer otherwise each time (pg_proc.provolatile = 'v'), as far as migrations are known to use them. */
const VOLATILE = new Set(
  (
    "random random_normal gen_random_uuid gen_random_bytes uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 clock_timestamp " +
    "timeofday nextval setval currval lastval txid_current pg_current_xact_id set_config"
  ).split(" "),
);

/** Those that answer the same within a statement ('s'). */
const STABLE = new Set(
  "now transaction_timestamp statement_timestamp current_setting to_char to_timestamp to_date age timezone".split(" "),
);

/** Those that always answer the same ('i') and are of use in a default. */
const IMMUTABLE = new Set(
  "lower upper md5 length repeat decode encode make_interval make_date int4range int8range jsonb_build_object jsonb_build_array".split(" "),
);

/** The calls of functions that are known to be volatile. */
export function volatileCalls(tree: unknown): Call[] {
  return calls(tree).filter(({ name }) => VOLATILE.has(name));
}

/** The calls of functions that are known not to be immutable, `current_timestamp` and its like included. */
export function mutableCalls(tree: unknown): Call[] {
  const values = all<{ op?: string; location?: number }>(tree, "SQLValueFunction").map(({ op = "", location }) => ({
    name: op.replace("SVFOP_", "").toLowerCase(),
    arguments: [],
    location,
  }));
  return [...calls(tree).filter(({ name }) => VOLATILE.has(name) || STABLE.has(name)), ...values];
}

/** The calls that may be volatile: PostgreSQL takes a function for that unless it is declared otherwise. */
export function maybeVolatileCalls(tree: unknown): Call[] {
  return calls(tree).filter(({ name }) => !STABLE.has(name) && !IMMUTABLE.has(name));
}
