import type { Random } from "../random.ts";
import { defaultFor, type Node } from "./generator.ts";

type Attributes = { [key: string]: unknown };
type Change = (random: Random, target: Attributes) => void;

/** A related schema: the same after some changes, most of them typical for people. */
export function evolveSchema(random: Random, schema: Node, steps: number): Node {
  const root: { type: Node } = { type: structuredClone(schema) };
  for (let step = 0; step < steps; step++) {
    const objects = objectsOf(root.type);
    const records = objects.filter(({ fields }) => Array.isArray(fields));
    const dice = random.next();
    if (dice < 0.55 && records.length > 0) random.pick(RECORD_CHANGES)(random, random.pick(records));
    else if (dice < 0.8 && objects.length > 0) changeObject(random, random.pick(objects), root);
    else replaceType(random, root, objects);
  }
  return root.type;
}

/** Breaks one rule of the specification somewhere. */
export function corruptSchema(random: Random, schema: Node): Node {
  const root: { type: Node } = { type: structuredClone(schema) };
  const objects = objectsOf(root.type);
  if (objects.length === 0)
    return random.pick<Node>([
      "unknown",
      "",
      [["null"]],
      ["int", "int"],
      {},
      { type: "unknown" },
      { type: ["null"] },
      "record",
    ]);
  random.pick(SPOILS)(random, random.pick(objects));
  return root.type;
}

function objectsOf(node: unknown, found: Attributes[] = []): Attributes[] {
  if (Array.isArray(node)) for (const part of node) objectsOf(part, found);
  else if (typeof node === "object" && node !== null) {
    const object = node as Attributes;
    found.push(object);
    for (const key of ["type", "items", "values", "fields"]) objectsOf(object[key], found);
  }
  return found;
}

const RECORD_CHANGES: Change[] = [
  (random, record) => {
    const type = random.pick<Node>(["long", "string", ["null", "string"], { type: "array", items: "int" }]);
    list(record, "fields").splice(random.below(3), 0, {
      name: `added${random.below(3)}`,
      type,
      ...(random.chance(0.7) ? defaultFor(random, type) : {}),
    });
  },
  (random, record) => void list(record, "fields").splice(random.below(list(record, "fields").length), 1),
  (random, record) => {
    record.fields = random.shuffled(list(record, "fields"));
  },
  (random, record) => {
    const field = random.pick(list(record, "fields")) as Attributes | undefined;
    if (field === undefined) return;
    if (random.chance(0.6)) field.aliases = [field.name];
    field.name = `renamed${random.below(3)}`;
  },
  (random, record) => {
    const field = random.pick(list(record, "fields")) as Attributes | undefined;
    if (field !== undefined) delete field.default;
  },
  (random, record) => {
    const field = random.pick(list(record, "fields")) as Attributes | undefined;
    if (field === undefined) return;
    field.type = promoted(random, field.type as Node);
    delete field.default;
  },
];

function promoted(random: Random, type: Node): Node {
  const wider: Record<string, string[]> = {
    int: ["long", "float", "double"],
    long: ["float", "double", "int"],
    float: ["double"],
    string: ["bytes"],
    bytes: ["string"],
  };
  if (typeof type === "string" && type in wider) return random.pick(wider[type] ?? []);
  if (Array.isArray(type)) return random.chance(0.5) ? random.shuffled(type) : type.slice(0, -1);
  return random.chance(0.5) ? ["null", type] : type;
}

function changeObject(random: Random, object: Attributes, root: { type: Node }): void {
  if (object.type === "enum" && random.chance(0.7)) random.pick(ENUM_CHANGES)(random, object);
  else if (object.type === "fixed" && random.chance(0.4)) object.size = random.pick([4, 8, 12, 16]);
  else if (typeof object.name === "string" && "type" in object && /^[A-Z]|\./.test(object.name))
    rename(random, object, root);
  else if (object.type === "array") {
    object.type = "map";
    object.values = object.items;
    delete object.items;
  }
}

const ENUM_CHANGES: Change[] = [
  (random, target) => void list(target, "symbols").splice(random.below(4), 0, `ADDED${random.below(2)}`),
  (random, target) => {
    if (list(target, "symbols").length > 1)
      list(target, "symbols").splice(random.below(list(target, "symbols").length), 1);
  },
  (random, target) => {
    target.default = random.pick(list(target, "symbols"));
  },
];

/**
 * Renames a type wherever it is used by that spelling, sometimes with an alias for the old name,
 * sometimes into another namespace.
 */
function rename(random: Random, object: Attributes, root: { type: Node }): void {
  const old = object.name as string;
  const fresh = random.chance(0.3) ? `app.${old.slice(old.lastIndexOf(".") + 1)}` : `${old}${random.below(3)}`;
  if (random.chance(0.5)) object.aliases = [random.chance(0.8) ? old : `.${old}`];
  object.name = fresh;
  const renamed = (node: unknown): unknown => {
    if (node === old) return fresh;
    if (Array.isArray(node)) return node.map(renamed);
    if (typeof node !== "object" || node === null) return node;
    const target = node as Attributes;
    for (const key of ["type", "items", "values", "fields"]) if (key in target) target[key] = renamed(target[key]);
    return target;
  };
  root.type = renamed(root.type) as Node;
}

function replaceType(random: Random, root: { type: Node }, objects: Attributes[]): void {
  const slots = [root as Attributes, ...objects].flatMap((object) =>
    ["type", "items", "values"]
      .filter((key) => typeof object[key] === "string" && key !== "type")
      .map((key) => [object, key] as const),
  );
  const fields = objects.filter(
    (object) =>
      "type" in object && "name" in object && !("fields" in object) && !("symbols" in object) && !("size" in object),
  );
  const [object, key] = random.pick([
    ...slots,
    ...fields.map((field) => [field, "type"] as const),
    [root as Attributes, "type"] as const,
  ]);
  object[key] = promoted(random, object[key] as Node);
}

const SPOILS: Change[] = [
  (random, target) => {
    target.name = random.pick<unknown>(["1st", "a-b", "", "a..b", ".x", "x.", "ünit", 7, "int", "a.int"]);
  },
  (_random, target) => {
    delete target.name;
  },
  (_random, target) => {
    delete target.type;
  },
  (random, target) => {
    target.type = random.pick<unknown>([
      "unknown",
      7,
      null,
      {},
      [["null"]],
      ["int", "int"],
      ["null", "null"],
      { type: "enum" },
    ]);
  },
  (random, target) => {
    target.default = random.pick<unknown>([null, 1, 1.5, "text", true, [], {}, 1e30, "NaN", -2147483649]);
  },
  (random, target) => {
    target.aliases = random.pick<unknown>(["Alpha", [7], ["a-b"], [""], ["ok", "ok"], null]);
  },
  (random, target) => {
    target.namespace = random.pick<unknown>(["a..b", "1a", "", 7, null, "a.b"]);
  },
  (random, target) => {
    target.order = random.pick<unknown>(["up", "ASCENDING", 7, null]);
  },
  (random, target) => {
    target.doc = random.pick<unknown>([7, null, { a: 1 }]);
  },
  (random, target) => {
    target.symbols = random.pick<unknown>([[], ["A", "A"], ["a-b"], [7], "A", ["A"]]);
  },
  (random, target) => {
    target.size = random.pick<unknown>([-1, 0, 1.5, "8", 3e9, null]);
  },
  (random, target) => {
    const { fields } = target;
    target.fields = random.pick<unknown>([
      null,
      {},
      [{}],
      [7],
      [{ name: "x" }],
      Array.isArray(fields) ? [...fields, ...structuredClone(fields)] : [],
    ]);
  },
  (random, target) => {
    target[random.pick(["items", "values"])] = random.pick<unknown>([null, 7, "unknown", [["int"]], "int"]);
  },
];

function list(target: Attributes, key: string): unknown[] {
  const values = target[key];
  return Array.isArray(values) ? values : [];
}
