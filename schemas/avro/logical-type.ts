import { wholeNumber } from "./json.ts";
import type { LogicalType, Props } from "./model.ts";

const UNDERLYING_TYPES: Record<string, readonly string[]> = {
  date: ["int"],
  "time-millis": ["int"],
  "time-micros": ["long"],
  "timestamp-millis": ["long"],
  "timestamp-micros": ["long"],
  "timestamp-nanos": ["long"],
  "local-timestamp-millis": ["long"],
  "local-timestamp-micros": ["long"],
  "local-timestamp-nanos": ["long"],
  "big-decimal": ["bytes"],
  decimal: ["bytes", "fixed"],
  uuid: ["string", "fixed"],
  duration: ["fixed"],
};

/**
 * The logical type that a type's attributes name. Undefined if there is none, it is unknown, or its
 * rules do not hold: "language implementations must ignore unknown logical types …
 * and if a logical type is invalid … use the underlying type".
 * @param size bytes of a fixed
 */
export function findLogicalType(type: string, props: Props, size?: number): LogicalType | undefined {
  const name = props.get("logicalType");
  if (typeof name !== "string" || !Object.hasOwn(UNDERLYING_TYPES, name) || !UNDERLYING_TYPES[name]?.includes(type))
    return undefined;
  if (name === "decimal") return decimalType(type, props, size);
  if (name === "uuid" && type === "fixed" && size !== 16) return undefined;
  if (name === "duration" && size !== 12) return undefined;
  return { name };
}

function decimalType(type: string, props: Props, size = 0): LogicalType | undefined {
  const precision = int32Property(props, "precision");
  const scale = props.has("scale") ? int32Property(props, "scale") : 0;
  if (precision === undefined || scale === undefined || precision <= 0 || scale < 0 || scale > precision)
    return undefined;
  const maxPrecision = type === "fixed" ? Math.floor(Math.log10(2) * (8 * size - 1)) : Number.POSITIVE_INFINITY;
  return precision <= maxPrecision ? { name: "decimal", precision, scale } : undefined;
}

function int32Property(props: Props, key: string): number | undefined {
  const value = wholeNumber(props.get(key));
  return value !== undefined && value >= -(2n ** 31n) && value < 2n ** 31n ? Number(value) : undefined;
}
