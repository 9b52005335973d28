import type { Random } from "../random.ts";

/** A schema as JSON, which the generator changes in place. */
export type Node = string | Node[] | { [key: string]: unknown };
type Attributes = { [key: string]: unknown };

const PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
const TYPES = ["Alpha", "Beta", "Gamma", "Delta", "Eta", "Zeta", "toString"];
const NAMESPACES = ["app", "app.money", "other"];
// Every JavaScript object inherits some of these names.
const FIELDS = ["id", "amount", "note", "kind", "next", "items", "constructor", "valueOf", "__proto__"];
const SYMBOLS = ["ONE", "TWO", "THREE", "FOUR", "FIVE", "constructor", "__proto__"];

/** A random schema. It is valid except for rare accidents, such as a default of the wrong type. */
export function randomSchema(random: Random): Node {
  return new Generator(random).type(3, "");
}

class Generator {
  readonly #random: Random;
  /** Full names of complete definitions, and of definitions that are still open. */
  readonly #defined: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  type(depth: number, namespace: string): Node {
    const random = this.#random;
    const dice = random.next();
    if (this.#defined.length > 0 && dice < 0.15) return this.#reference(namespace);
    if (depth === 0 || dice < 0.35) return this.#primitive();
    if (dice < 0.45) return { type: "array", items: this.type(depth - 1, namespace) };
    if (dice < 0.52) return { type: "map", values: this.type(depth - 1, namespace) };
    if (dice < 0.66) return this.#union(depth, namespace);
    if (dice < 0.74) return this.#enum(namespace);
    if (dice < 0.8) return this.#fixed(namespace);
    return this.#record(depth, namespace);
  }

  #primitive(): Node {
    const random = this.#random;
    const type = random.pick(PRIMITIVES);
    if (!random.chance(0.1)) return type;
    return {
      type,
      ...random.pick<Attributes>([
        { logicalType: "timestamp-millis" },
        { logicalType: "timestamp-nanos" },
        { logicalType: "decimal", precision: 9, scale: 2 },
        { unit: "cents" },
      ]),
    };
  }

  /** Refers to a type by its full name, or by its short name in the same namespace. */
  #reference(namespace: string): string {
    const full = this.#random.pick(this.#defined);
    const short = full.slice(full.lastIndexOf(".") + 1);
    return this.#random.chance(0.5) && full === join(namespace, short) ? short : full;
  }

  #union(depth: number, namespace: string): Node {
    const branches: Node[] = [];
    if (this.#random.chance(0.02)) return branches;
    const labels = new Set<string>();
    for (let count = 1 + this.#random.below(4); count > 0; count--) {
      const branch = this.type(depth - 1, namespace);
      const label =
        typeof branch === "string" ? branch : Array.isArray(branch) ? "" : String(branch.name ?? branch.type);
      if (label === "" || labels.has(label)) continue;
      labels.add(label);
      branches.push(branch);
    }
    return branches;
  }

  #enum(namespace: string): Node {
    const random = this.#random;
    const declared = this.#declare(namespace);
    if (declared === undefined) return "string";
    if (random.chance(0.02)) return { type: "enum", ...declared.attributes, symbols: [] };
    const symbols = [random.pick(SYMBOLS)];
    for (const symbol of random.some(SYMBOLS, 4)) if (!symbols.includes(symbol)) symbols.push(symbol);
    return {
      type: "enum",
      ...declared.attributes,
      symbols,
      ...(random.chance(0.3) ? { default: random.pick(symbols) } : {}),
    };
  }

  #fixed(namespace: string): Node {
    const declared = this.#declare(namespace);
    return declared === undefined
      ? "bytes"
      : { type: "fixed", ...declared.attributes, size: this.#random.pick([4, 8, 12, 16]) };
  }

  #record(depth: number, namespace: string): Node {
    const random = this.#random;
    const declared = this.#declare(namespace);
    if (declared === undefined) return "long";
    const fields = random.some(FIELDS, 4).map((name) => this.field(name, depth - 1, declared.namespace));
    return { type: random.chance(0.03) ? "error" : "record", ...declared.attributes, fields };
  }

  field(name: string, depth: number, namespace: string): Attributes {
    const random = this.#random;
    const type =
      random.chance(0.15) && this.#defined.length > 0
        ? ["null", this.#reference(namespace)]
        : this.type(depth, namespace);
    return {
      name,
      type,
      ...(random.chance(0.4) ? defaultFor(random, type) : {}),
      ...(random.chance(0.1) ? { aliases: [random.pick(FIELDS)] } : {}),
      ...(random.chance(0.05) ? { doc: "why" } : {}),
      ...(random.chance(0.05) ? { order: random.pick(["ascending", "descending", "ignore"]) } : {}),
      ...(random.chance(0.05) ? { owner: { team: "ledger", since: 2024 } } : {}),
    };
  }

  #declare(around: string): { attributes: Attributes; namespace: string } | undefined {
    const random = this.#random;
    const namespace = random.chance(0.3) ? random.pick(NAMESPACES) : around;
    const name = random.pick(TYPES);
    const full = join(namespace, name);
    // Equal names in two namespaces would make references ambiguous. Mutations produce enough of
    // them.
    if (this.#defined.some((other) => other === full || other.endsWith(`.${name}`) || full.endsWith(`.${other}`)))
      return undefined;
    this.#defined.push(full);
    const spelled = namespace === around ? { name } : random.chance(0.5) ? { name, namespace } : { name: full };
    return {
      attributes: {
        ...spelled,
        ...(random.chance(0.1) ? { aliases: [random.pick(TYPES)] } : {}),
        ...(random.chance(0.05) ? { doc: "what" } : {}),
      },
      namespace,
    };
  }
}

function join(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}.${name}`;
}

const DEFAULTS: Record<string, unknown[]> = {
  null: [null],
  boolean: [true, false],
  int: [0, -1, 2147483647],
  long: [0, 9007199254740991, -9007199254740991, 9007199254740992, 9223372036854775000],
  float: [0, 1.5],
  double: [2, -0.25],
  bytes: ["", "\u00ff"],
  string: ["", "text"],
  array: [[]],
  map: [{}],
};

/** Usually a default that matches the type, sometimes another. */
export function defaultFor(random: Random, type: Node): Attributes {
  if (random.chance(0.03))
    return { default: random.pick<unknown>([null, 1, 1.5, "x", true, [], {}, 2147483648, "\u0100"]) };
  if (typeof type === "string") return type in DEFAULTS ? { default: random.pick(DEFAULTS[type] ?? []) } : {};
  if (Array.isArray(type)) return type.length === 0 ? {} : defaultFor(random, random.pick(type));
  if (type.type === "enum")
    return (type.symbols as string[]).length === 0 ? {} : { default: random.pick(type.symbols as string[]) };
  if (type.type === "fixed") return { default: "x".repeat(type.size as number) };
  return defaultFor(random, type.type as string);
}
