/** The rules of the gate. */
export type SchemaRule =
  | "syntax"
  | "avro"
  | "service-types"
  | "type-name"
  | "envelope"
  | "event-type"
  | "money"
  | "catalogue"
  | "compatibility"
  | "history"
  | "unrecorded"
  | "stale";

/** One reason to refuse a schema. */
export interface SchemaViolation {
  rule: SchemaRule;
  /**
   * Path from the outermost record: `event_data.lines[].price`. Empty for the whole file,
   * `line 3, column 7` for a text that is not JSON.
   */
  field: string;
  reason: string;
  /** How to correct it. */
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
