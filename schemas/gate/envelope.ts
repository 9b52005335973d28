import type { RecordType, Schema } from "../avro/model.ts";
import { EVENT_TYPE_PATTERN, type Tier } from "../catalog.ts";
import type { SchemaViolation } from "./finding.ts";

/**
 * Type of each fixed field of the envelope, with its logical type in brackets, and its JSON.
 */
const ENVELOPE_FIELDS: Record<string, { type: string; json: string }> = {
  id: { type: "string (uuid)", json: '{ "type": "string", "logicalType": "uuid" }' },
  tenant_id: { type: "long", json: '"long"' },
  aggregate_id: { type: "string", json: '"string"' },
  timestamp: { type: "long (timestamp-millis)", json: '{ "type": "long", "logicalType": "timestamp-millis" }' },
  version: { type: "int", json: '"int"' },
};

/**
 * The envelope that every event shares: id, tenant_id, aggregate_id, event_type, event_data,
 * timestamp, version. More fields may follow.
 */
export function checkEnvelope(root: Schema, tier: Tier): SchemaViolation[] {
  if (root.type !== "record")
    return [
      envelopeViolation(
        "",
        `an event is a record, but this is ${describeType(root)}`,
        "wrap it in the envelope, see docs/schemas.md",
      ),
    ];
  const parts = Object.keys(ENVELOPE_FIELDS).flatMap((name) => checkField(root, name));
  return [...parts, ...checkEventType(root, tier), ...checkEventData(root, tier)];
}

function checkField(root: RecordType, name: string): SchemaViolation[] {
  const { type: wanted, json } = ENVELOPE_FIELDS[name] ?? { type: "", json: "" };
  const type = fieldType(root, name);
  const remedy = `write { "name": "${name}", "type": ${json} }`;
  if (!type) return [missingFieldViolation(name, remedy)];
  return formatType(type) === wanted
    ? []
    : [envelopeViolation(name, `${name} is ${describeType(type)} instead of ${withArticle(wanted)}`, remedy)];
}

function checkEventType(root: RecordType, tier: Tier): SchemaViolation[] {
  const type = fieldType(root, "event_type");
  const wanted = tier === 1 ? "enum" : "string";
  const remedies = {
    enum: "list the types of event as an enum of UPPER_SNAKE_CASE symbols",
    string: "make it a string: a system topic takes any UPPER_SNAKE_CASE type",
  };
  if (!type) return [missingFieldViolation("event_type", remedies[wanted])];
  if (type.type !== wanted) {
    const reason = `event_type is ${describeType(type)}, but a ${tier === 1 ? "tier 1" : "system"} topic needs ${withArticle(wanted)}`;
    return [{ rule: "event-type", field: "event_type", reason, remedy: remedies[wanted] }];
  }
  return type.type === "enum"
    ? type.symbols.filter((symbol) => !EVENT_TYPE_PATTERN.test(symbol)).map(symbolViolation)
    : [];
}

function symbolViolation(symbol: string): SchemaViolation {
  const reason = `the symbol ${symbol} is not UPPER_SNAKE_CASE`;
  return { rule: "event-type", field: "event_type", reason, remedy: `call it ${toUpperSnakeCase(symbol)}` };
}

function checkEventData(root: RecordType, tier: Tier): SchemaViolation[] {
  const type = fieldType(root, "event_data");
  const allowed = tier === 1 ? ["record"] : ["record", "map"];
  const remedy = `put what belongs to the event into a ${allowed.join(" or a ")}`;
  if (!type) return [missingFieldViolation("event_data", remedy)];
  if (allowed.includes(type.type)) return [];
  return [
    envelopeViolation(
      "event_data",
      `event_data is ${describeType(type)} instead of a ${allowed.join(" or a ")}`,
      remedy,
    ),
  ];
}

const fieldType = (root: RecordType, name: string) => root.fields.find((field) => field.name === name)?.type;
const envelopeViolation = (field: string, reason: string, remedy: string): SchemaViolation => ({
  rule: "envelope",
  field,
  reason,
  remedy,
});
const missingFieldViolation = (field: string, remedy: string) =>
  envelopeViolation(field, `the envelope has no field ${field}`, remedy);
const withArticle = (noun: string) => `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
const describeType = (type: Schema) => withArticle(formatType(type));
const formatType = (type: Schema) =>
  "logicalType" in type && type.logicalType ? `${type.type} (${type.logicalType.name})` : type.type;

/** `BetPlaced`, `bet-placed` and `bet_placed` → BET_PLACED. */
function toUpperSnakeCase(symbol: string): string {
  const words = symbol.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
  return words.replace(/[^A-Z0-9]+/g, "_").replace(/^_+|_+$/g, "") || "AN_UPPER_SNAKE_CASE_NAME";
}
