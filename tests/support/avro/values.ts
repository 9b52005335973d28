import { type Schema, typeLabel } from "@plinth/schemas/avro/model.ts";
import { setEntry } from "@plinth/schemas/codec/entries.ts";
import { isWrapped } from "@plinth/schemas/codec/value-kind.ts";
import type { Random } from "../random.ts";

const TEXTS = ["", "text", "🙂 שלום", "x".repeat(70), "\u0000", "__proto__"];
const LONGS = [0, -1, 64, -65, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 1 - 2 ** 53];
const INTS = [0, -1, 63, -64, 2 ** 31 - 1, -(2 ** 31)];
const DOUBLES = [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, -1e300, Number.MIN_VALUE];

/** A random value of a type, as services hold it. The type must have one. */
export function randomValue(random: Random, schema: Schema, depth = 0): unknown {
  switch (schema.type) {
    case "null":
      return null;
    case "boolean":
      return random.chance(0.5);
    case "int":
      return random.pick(INTS);
    case "long":
      return random.pick(LONGS);
    case "float":
      return Math.fround(random.pick(DOUBLES));
    case "double":
      return random.pick(DOUBLES);
    case "string":
      return random.pick(TEXTS);
    case "bytes":
      return Buffer.from(random.pick(TEXTS));
    case "fixed":
      return Buffer.alloc(schema.size, random.below(256));
    case "enum":
      return random.pick(schema.symbols);
    case "array":
      return Array.from({ length: depth > 6 ? 0 : random.below(3) }, () =>
        randomValue(random, schema.items, depth + 1),
      );
    case "map": {
      const map = {};
      if (depth <= 6)
        for (const key of random.some(TEXTS, 2)) setEntry(map, key, randomValue(random, schema.values, depth + 1));
      return map;
    }
    case "union": {
      const end = schema.branches.filter(({ type }) => type === "null");
      const branch = random.pick(depth > 6 && end.length > 0 ? end : schema.branches);
      const value = randomValue(random, branch, depth + 1);
      return isWrapped(schema) && branch.type !== "null" ? { [typeLabel(branch)]: value } : value;
    }
    case "record": {
      const record = {};
      for (const { name, type } of schema.fields) setEntry(record, name, randomValue(random, type, depth + 1));
      return record;
    }
  }
}
