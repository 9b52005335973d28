import type { RecordType, Schema } from "../avro/model.ts";
import type { ByteSource } from "./byte-source.ts";

/** Moves past one value, which may be one that no JavaScript value holds. */
export type Skip = (source: ByteSource) => void;

export function compileSkipper(schema: Schema, open = new Map<RecordType, { skip?: Skip }>()): Skip {
  switch (schema.type) {
    case "null":
      return () => undefined;
    case "boolean":
      return (source) => void source.advance(1);
    case "int":
    case "long":
    case "enum":
      return (source) => void source.readApproximateLong();
    case "float":
      return (source) => void source.advance(4);
    case "double":
      return (source) => void source.advance(8);
    case "bytes":
    case "string":
      return (source) => void source.advance(source.readLong());
    case "fixed":
      return (source) => void source.advance(schema.size);
    case "array":
      return skipBlocks(compileSkipper(schema.items, open), leastBytes(schema.items));
    case "map": {
      const skip = compileSkipper(schema.values, open);
      const skipEntry: Skip = (source) => {
        source.advance(source.readLong());
        skip(source);
      };
      return skipBlocks(skipEntry, 1);
    }
    case "union": {
      const branches = schema.branches.map((branch) => compileSkipper(branch, open));
      return (source) => source.pickBranch(branches)(source);
    }
    case "record": {
      const known = open.get(schema);
      if (known !== undefined) return (source) => source.readNested(known.skip as Skip);
      const cell: { skip?: Skip } = {};
      open.set(schema, cell);
      const parts = schema.fields.map(({ type }) => compileSkipper(type, open));
      cell.skip = (source) => {
        for (const skip of parts) skip(source);
      };
      return cell.skip;
    }
  }
}

function skipBlocks(skip: Skip, least: number): Skip {
  return (source) => {
    for (let count = source.readBlockCount(least); count > 0; count = source.readBlockCount(least))
      while (count-- > 0) skip(source);
  };
}

/** The fewest bytes of a value: 0 or 1 will do. */
export function leastBytes(schema: Schema, known = new Map<Schema, 0 | 1>()): 0 | 1 {
  if (schema.type === "null") return 0;
  if (schema.type === "fixed") return schema.size === 0 ? 0 : 1;
  if (schema.type !== "record") return 1;
  const before = known.get(schema);
  if (before !== undefined) return before;
  // A record that holds itself has no value, and so none without bytes.
  known.set(schema, 1);
  const least = schema.fields.some(({ type }) => leastBytes(type, known) === 1) ? 1 : 0;
  known.set(schema, least);
  return least;
}
