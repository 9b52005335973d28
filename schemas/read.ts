import { AvroError, type Schema } from "./avro/model.ts";
import { parseSchema } from "./avro/parse.ts";
import type { Flaw } from "./finding.ts";
import { jsonMistake } from "./json-mistake.ts";

/** The schema of a file, or the one reason why it is none. */
export type Read = { schema: Schema } | { flaw: Flaw };
export type Reader = (text: string) => Read;

/** Reads each text once: an unchanged file and its recorded version are the same. */
export function reader(): Reader {
  const known = new Map<string, Read>();
  return (text) => {
    const read = known.get(text) ?? readSchema(text);
    known.set(text, read);
    return read;
  };
}

function readSchema(text: string): Read {
  try {
    return { schema: parseSchema(text) };
  } catch (error) {
    if (!(error instanceof AvroError)) throw error;
    return { flaw: error.rule === "json" ? notJson(text) : notAvro(error) };
  }
}

function notJson(text: string): Flaw {
  const { line, column, reason } = jsonMistake(text);
  return { rule: "syntax", field: `line ${line}, column ${column}`, reason: `not JSON: ${reason}`, remedy: "mend the JSON" };
}

function notAvro({ path, reason }: AvroError): Flaw {
  return { rule: "avro", field: insideRoot(path), reason: `not Avro: ${reason}`, remedy: "mend it by the Avro specification" };
}

/** `event_data.price` for `BetEvent.event_data.price`: the file says which record it is. */
export function insideRoot(path: string): string {
  return path.replace(/^\w+\.?/, "");
}
