import type { RecordType, Schema } from "./avro/model.ts";
import { EVENT_TYPE, type Tier } from "./catalog.ts";
import type { Flaw } from "./finding.ts";

/** Type of each fixed field of the envelope, a logical type in brackets, and the JSON that it is written as. */
const PARTS: Record<string, { type: string; json: string }> = {
  id: { type: "string (uuid)", json: '{ "type": "string", "logicalType": "uuid" }' },
  tenant_id: { type: "long", json: '"long"' },
  aggregate_id: { type: "string", json: '"string"' },
  timestamp: { type: "long (timestamp-millis)", json: '{ "type": "long", "logicalType": "timestamp-millis" }' },
  version: { type: "int", json: '"int"' },
};

/** The envelope that every event shares: id, tenant_id, aggregate_id, event_type, event_data, timestamp, version. More fields may follow. */
export function envelopeFlaws(root: Schema, tier: Tier): Flaw[] {
  if (root.type !== "record")
    return [flaw("", `an event is a record, but this is ${described(root)}`, "wrap it in the envelope, see docs/schemas.md")];
  const parts = Object.keys(PARTS).flatMap((name) => partFlaws(root, name));
  return [...parts, ...eventTypeFlaws(root, tier), ...eventDataFlaws(root, tier)];
}

function partFlaws(root: RecordType, name: string): Flaw[] {
  const { type: wanted, json } = PARTS[name] ?? { type: "", json: "" };
  const type = typeOf(root, name);
  const remedy = `write { "name": "${name}", "type": ${json} }`;
  if (!type) return [missing(name, remedy)];
  return label(type) === wanted ? [] : [flaw(name, `${name} is ${described(type)} instead of ${article(wanted)}`, remedy)];
}

function eventTypeFlaws(root: RecordType, tier: Tier): Flaw[] {
  const type = typeOf(root, "event_type");
  const wanted = tier === 1 ? "enum" : "string";
  const remedies = {
    enum: "list the types of event as an enum of UPPER_SNAKE_CASE symbols",
    string: "make it a string: a system topic takes any UPPER_SNAKE_CASE type",
  };
  if (!type) return [missing("event_type", remedies[wanted])];
  if (type.type !== wanted) {
    const reason = `event_type is ${described(type)}, but a ${tier === 1 ? "tier 1" : "system"} topic needs ${article(wanted)}`;
    return [{ rule: "event-type", field: "event_type", reason, remedy: remedies[wanted] }];
  }
  return type.type === "enum" ? type.symbols.filter((symbol) => !EVENT_TYPE.test(symbol)).map(misspelt) : [];
}

function misspelt(symbol: string): Flaw {
  const reason = `the symbol ${symbol} is not UPPER_SNAKE_CASE`;
  return { rule: "event-type", field: "event_type", reason, remedy: `call it ${upperSnake(symbol)}` };
}

function eventDataFlaws(root: RecordType, tier: Tier): Flaw[] {
  const type = typeOf(root, "event_data");
  const allowed = tier === 1 ? ["record"] : ["record", "map"];
  const remedy = `put what belongs to the event into a ${allowed.join(" or a ")}`;
  if (!type) return [missing("event_data", remedy)];
  if (allowed.includes(type.type)) return [];
  return [flaw("event_data", `event_data is ${described(type)} instead of a ${allowed.join(" or a ")}`, remedy)];
}

const typeOf = (root: RecordType, name: string) => root.fields.find((field) => field.name === name)?.type;
const flaw = (field: string, reason: string, remedy: string): Flaw => ({ rule: "envelope", field, reason, remedy });
const missing = (field: string, remedy: string) => flaw(field, `the envelope has no field ${field}`, remedy);
const article = (noun: string) => `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
const described = (type: Schema) => article(label(type));
const label = (type: Schema) => ("logicalType" in type && type.logicalType ? `${type.type} (${type.logicalType.name})` : type.type);

/** `BetPlaced`, `bet-placed` and `bet_placed` → BET_PLACED. */
function upperSnake(symbol: string): string {
  const words = symbol.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
  return words.replace(/[^A-Z0-9]+/g, "_").replace(/^_+|_+$/g, "") || "AN_UPPER_SNAKE_CASE_NAME";
}
