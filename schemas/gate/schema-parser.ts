import { AvroError, type Schema } from "../avro/model.ts";
import { parseSchema } from "../avro/parse.ts";
import type { SchemaViolation } from "./finding.ts";
import { findJsonError } from "./json-error.ts";

/** The schema of a file, or the reason why it is not one. */
export type ParseResult = { schema: Schema } | { violation: SchemaViolation };
export type SchemaParser = (text: string) => ParseResult;

/** Parses each text once, since an unchanged file and its recorded version are the same text. */
export function createSchemaParser(): SchemaParser {
  const known = new Map<string, ParseResult>();
  return (text) => {
    const read = known.get(text) ?? parseFile(text);
    known.set(text, read);
    return read;
  };
}

function parseFile(text: string): ParseResult {
  try {
    return { schema: parseSchema(text, { strictNames: true }) };
  } catch (error) {
    if (!(error instanceof AvroError)) throw error;
    return { violation: error.rule === "json" ? jsonViolation(text) : avroViolation(error) };
  }
}

function jsonViolation(text: string): SchemaViolation {
  const { line, column, reason } = findJsonError(text);
  return {
    rule: "syntax",
    field: `line ${line}, column ${column}`,
    reason: `not JSON: ${reason}`,
    remedy: "mend the JSON",
  };
}

function avroViolation({ path, reason }: AvroError): SchemaViolation {
  return {
    rule: "avro",
    field: pathInsideRecord(path),
    reason: `not Avro: ${reason}`,
    remedy: "mend it by the Avro specification",
  };
}

/** `event_data.price` for `BetEvent.event_data.price`: the file says which record it is. */
export function pathInsideRecord(path: string): string {
  return path.replace(/^\w+\.?/, "");
}
