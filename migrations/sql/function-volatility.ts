import { type FunctionCall, findNodes, functionCalls } from "./syntax-tree.ts";

/** Volatile functions (pg_proc.provolatile = 'v') that migrations are known to use. */
const VOLATILE_FUNCTIONS = new Set(
  (
    "random random_normal gen_random_uuid gen_random_bytes uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 clock_timestamp " +
    "timeofday nextval setval currval lastval txid_current pg_current_xact_id set_config"
  ).split(" "),
);

/** Functions that are stable within a statement ('s'). */
const STABLE_FUNCTIONS = new Set(
  "now transaction_timestamp statement_timestamp current_setting to_char to_timestamp to_date age timezone".split(" "),
);

/** Immutable functions ('i') that defaults use. */
const IMMUTABLE_FUNCTIONS = new Set(
  "lower upper md5 length repeat decode encode make_interval make_date int4range int8range jsonb_build_object jsonb_build_array".split(
    " ",
  ),
);

/** Calls of functions that are known to be volatile. */
export function findVolatileCalls(tree: unknown): FunctionCall[] {
  return functionCalls(tree).filter(({ name }) => VOLATILE_FUNCTIONS.has(name));
}

/**
 * Calls of functions that are known not to be immutable, `current_timestamp` and the like included.
 */
export function findMutableCalls(tree: unknown): FunctionCall[] {
  const values = findNodes<{ op?: string; location?: number }>(tree, "SQLValueFunction").map(
    ({ op = "", location }) => ({
      name: op.replace("SVFOP_", "").toLowerCase(),
      arguments: [],
      location,
    }),
  );
  return [
    ...functionCalls(tree).filter(({ name }) => VOLATILE_FUNCTIONS.has(name) || STABLE_FUNCTIONS.has(name)),
    ...values,
  ];
}

/**
 * Calls that may be volatile, as PostgreSQL takes every function to be that does not say otherwise.
 */
export function findPossiblyVolatileCalls(tree: unknown): FunctionCall[] {
  return functionCalls(tree).filter(({ name }) => !STABLE_FUNCTIONS.has(name) && !IMMUTABLE_FUNCTIONS.has(name));
}
