/** What a refusal is about. */
export type SchemaRule =
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
export interface SchemaViolation {
  rule: SchemaRule;
  /**
   * Path from the outermost record: `event_data.lines[].price`; empty for the file as a whole,
   * `line 3, column 7` for what is not JSON.
   */
  field: string;
  reason: string;
  /** What to do. */
  remedy: string;
}

/** One reason to refuse a folder of schemas. */
export interface SchemaFinding extends SchemaViolation {
  /** Relative to the schema folder. */
  file: string;
}

/** One line: `V1_BETS.avsc: event_data.price: 'price' names money, …; make it …`. */
export function formatSchemaFinding({ file, field, reason, remedy }: SchemaFinding): string {
  return `${[file, field, reason].filter(Boolean).join(": ")}; ${remedy}`;
}
