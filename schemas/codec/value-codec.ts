import type { Schema } from "../avro/model.ts";
import { ByteSink } from "./byte-sink.ts";
import { ByteSource } from "./byte-source.ts";
import { compileDecoder } from "./decoder.ts";
import { compileEncoder, MisfitError } from "./encoder.ts";
import { findMisfits } from "./misfits.ts";

/** Reads one value from bytes, from an offset to their end. @throws an Error if they are none */
export type ReadValue = (bytes: Buffer, offset?: number) => unknown;

/**
 * Compiles a schema to a function that writes a value, after `header` bytes that the caller fills.
 *
 * @throws an Error that names each place of a value that does not fit, and never the value
 */
export function createWriter(schema: Schema): (value: unknown, header?: number) => Buffer {
  const encode = compileEncoder(schema);
  const sink = new ByteSink();
  return (value, header = 0) => {
    sink.reset(header);
    try {
      encode(sink, value);
    } catch (error) {
      if (!(error instanceof MisfitError)) throw error;
      const places = findMisfits(schema, value).map(({ path, expected }) => `${path} is an invalid "${expected}"`);
      throw new Error(places.join(", ") || error.message);
    }
    return sink.copy();
  };
}

/** @throws an Error that names the first incompatibility of the two schemas */
export function createReader(reader: Schema, writer: Schema = reader): ReadValue {
  const decode = compileDecoder(reader, writer);
  return (bytes, offset = 0) => {
    const source = new ByteSource(bytes, offset);
    const value = decode(source);
    if (source.remaining > 0) throw new Error(`${source.remaining} bytes are left over`);
    return value;
  };
}
