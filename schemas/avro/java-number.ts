import { isNumber, isObject, type Json, JsonNumber } from "./json.ts";

/**
 * The value with its numbers spelled as Java's Jackson writes what it has read: whole numbers as
 * they are, all others as `Double.toString` does. So `1e-05` and `0.00001` are both `1.0E-5`, while
 * `1` and `1.0` stay apart.
 */
export function withJavaNumbers(value: Json): Json {
  if (isNumber(value)) return javaNumber(value);
  if (Array.isArray(value)) return value.map(withJavaNumbers);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withJavaNumbers(item)]));
}

function javaNumber(value: number | JsonNumber): Json {
  const source = typeof value === "number" ? String(value) : value.source;
  // Java has no whole number -0.
  if (/^-?\d+$/.test(source)) return source === "-0" ? 0 : value;
  const double = Number(source);
  return new JsonNumber(Number.isFinite(double) ? formatDouble(double) : double > 0 ? "1E400" : "-1E400");
}

/** `Double.toString` of Java 19 and later: the shortest digits, but at least two. */
function formatDouble(double: number): string {
  if (double === 0) return Object.is(double, -0) ? "-0.0" : "0.0";
  const shortest = double.toExponential();
  const text = shortest.includes(".") ? shortest : double.toExponential(1);
  const [, sign = "", first = "", rest = "", power = ""] = /^(-?)(\d)\.(\d+)e([+-]\d+)$/.exec(text) ?? [];
  const exponent = Number(power);
  if (exponent < -3 || exponent > 6) return `${sign}${first}.${rest}E${exponent}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest === "0" ? "" : rest}`;
  const digits = (first + rest).padEnd(exponent + 2, "0");
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}
