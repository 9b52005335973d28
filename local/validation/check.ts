import type { Static, TSchema } from "typebox";
import { UserError } from "../user-error.ts";
import { formatText, formatValue } from "./format-value.ts";
import { suggestName } from "./nearest.ts";
import { Check, Compile, Errors } from "./typebox.ts";

export interface Subject {
  /**
   * Where the value stands, as a sentence begins: "Configuration 'citus'",
   * "services/x/plinth.json".
   */
  where: string;
  /** What the value is called where a field of it is not known. @default where */
  what?: string;
  /** Whether no value of it may be repeated. @default false */
  secret?: boolean;
  /** What ends a thrown sentence. @default "" */
  end?: string;
}

/** The value as the rule's type. Throws a {@link UserError} about the first mistake. */
export function parse<Rule extends TSchema>(rule: Rule, value: unknown, subject: Subject): Static<Rule> {
  const [mistake] = findMistakes(rule, value, subject);
  if (mistake !== undefined) throw new UserError(`${mistake}${subject.end ?? ""}`);
  return value as Static<Rule>;
}

/**
 * Interpreting costs 30 µs a value, compiling 9 ms once: only lists of thousands are worth that.
 */
const COMPILE_AFTER = 200;
const checks = new WeakMap<TSchema, { count: number; compiled?: ReturnType<typeof Compile> }>();

export function isValid(rule: TSchema, value: unknown): boolean {
  const check = checks.get(rule) ?? { count: 0 };
  checks.set(rule, check);
  check.count++;
  if (check.count > COMPILE_AFTER) check.compiled ??= Compile(rule);
  return check.compiled?.Check(value) ?? Check(rule, value);
}

/** The end of the sentence about a value that the rule refuses. */
export const expectation = (rule: TSchema) => (rule as Node).expected ?? "";

/** One sentence a mistake, without a full stop: where, what the value is, what it must be. */
export function findMistakes(rule: TSchema, value: unknown, subject: Subject): string[] {
  if (isValid(rule, value)) return [];
  const [, errors] = Errors(rule, value);
  const findings = errors.flatMap(({ keyword, instancePath, params }) =>
    toFindings(rule as Node, keyword, parsePointer(instancePath), params as Record<string, string[]>),
  );
  // A misspelt field is missing, too: only its name says which one was meant.
  const unknown = findings.filter((finding) => finding.unknown);
  const sentences = (unknown.length > 0 ? unknown : findings).map((finding) => toSentence(finding, value, subject));
  return [...new Set(sentences)];
}

interface Node {
  expected?: string;
  properties?: Record<string, Node>;
  patternProperties?: Record<string, Node>;
  items?: Node;
}

interface Finding {
  path: string[];
  /** The rule at the path, or for an unknown field the object that it is in. */
  node: Node;
  unknown: boolean;
}

function toFindings(rule: Node, keyword: string, path: string[], params: Record<string, string[]>): Finding[] {
  const { node, depth } = findExpectation(rule, path);
  if (keyword === "additionalProperties" && node.properties && depth === path.length)
    return params.additionalProperties!.map((field) => ({ path: [...path, field], node, unknown: true }));
  if (keyword === "required")
    return params.requiredProperties!.map((field) => {
      const found = findExpectation(rule, [...path, field]);
      return { path: [...path, field].slice(0, found.depth), node: found.node, unknown: false };
    });
  // TypeBox judges an unknown field by the schema `false`, and stops after eight errors: the error
  // about its object may be missing.
  if (keyword === "boolean" && node.properties && depth === path.length - 1) return [{ path, node, unknown: true }];
  return [{ path: path.slice(0, depth), node, unknown: false }];
}

/** The deepest rule on the way that says what it expects. */
function findExpectation(rule: Node, path: readonly string[]): { node: Node; depth: number } {
  let node: Node | undefined = rule;
  let deepest = { node: rule, depth: 0 };
  for (const [index, key] of path.entries()) {
    node = findChild(node, key);
    if (node === undefined) break;
    if (node.expected !== undefined || node.properties !== undefined) deepest = { node, depth: index + 1 };
  }
  return deepest;
}

function findChild(node: Node, key: string): Node | undefined {
  if (node.properties !== undefined) return Object.hasOwn(node.properties, key) ? node.properties[key] : undefined;
  return node.items ?? Object.values(node.patternProperties ?? {})[0];
}

function toSentence({ path, node, unknown }: Finding, root: unknown, { where, what = where, secret }: Subject): string {
  if (unknown) {
    const known = fieldNames(node);
    const parent = path.slice(0, -1);
    const hint = suggestName(path.at(-1)!, known);
    const whole = parent.length === 0 ? what : `'${formatPath(parent)}'`;
    return `${where}: '${formatPath(path)}' is not a field of ${whole}${hint}; the fields are ${known.join(", ")}`;
  }
  const value = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], root);
  const name = path.length === 0 ? where : `${where}: '${formatPath(path)}'`;
  const expected = node.expected ?? `an object with the fields ${fieldNames(node).join(", ")}`;
  return secret && value !== undefined
    ? `${name} must be ${expected}`
    : `${name} is ${path.length === 0 ? formatText(value) : formatValue(value)}, but must be ${expected}`;
}

/** Without "$schema", which is for editors. */
const fieldNames = ({ properties = {} }: Node) => Object.keys(properties).filter((name) => !name.startsWith("$"));

/** "external.brokers[0]". */
function formatPath(path: readonly string[]): string {
  return path.reduce((text, key) => (/^\d+$/.test(key) ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`), "");
}

/** "/external/port" → ["external", "port"] (RFC 6901). */
function parsePointer(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}
