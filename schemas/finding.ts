/** What a refusal is about. */
export type Rule =
  | "syntax"
  | "avro"
  | "envelope"
  | "event-type"
  | "money"
  | "catalogue"
  | "compatibility"
  | "history"
  | "unrecorded"
  | "stale";

/** One reason to refuse a schema, of a file that the caller knows. */
export interface Flaw {
  rule: Rule;
  /** Path from the outermost record: `event_data.lines[].price`; empty for the file as a whole, `line 3, column 7` for what is not JSON. */
  field: string;
  reason: string;
  /** What to do. */
  remedy: string;
}

/** One reason to refuse a folder of schemas. */
export interface Finding extends Flaw {
  /** Relative to the schema folder. */
  file: string;
}

/** One line: `V1_BETS.avsc: event_data.price: 'price' names money, …; make it …`. */
export function findingLine({ file, field, reason, remedy }: Finding): string {
  return `${[file, field, reason].filter(Boolean).join(": ")}; ${remedy}`;
}
