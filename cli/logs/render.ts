import { type Colour, colourize } from "../terminal/colour.ts";
import { escapeControlCharacters } from "../terminal/text.ts";
import type { Level, LogRecord } from "./log-record.ts";

export interface RenderStyle {
  colours: boolean;
  /** Columns that a service's name takes. */
  nameWidth: number;
}

const levelColours: Record<Level, Colour> = {
  trace: "gray",
  debug: "gray",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "magenta",
};
const nameColours: Colour[] = [
  "cyan",
  "blue",
  "magenta",
  "green",
  "yellow",
  "cyanBright",
  "blueBright",
  "magentaBright",
];
/** The same in every record of a process, or useless to a reader. */
const HIDDEN_FIELDS = new Set(["version", "pid", "hostname"]);

/**
 * `08:00:00.123 INFO  wallet  request  method=POST status=201`: local time, level, service, message
 * and fields. The stack of an error follows on lines below.
 */
export function renderRecord(
  { service, time, level, message, fields, startsRecord }: LogRecord,
  { colours, nameWidth }: RenderStyle,
): string {
  const name = colourize(
    service.padEnd(nameWidth),
    nameColours[[...service].reduce((sum, char) => sum + char.charCodeAt(0), 0) % nameColours.length]!,
    colours,
  );
  if (!startsRecord) return `${" ".repeat(18)} ${name}  ${escapeControlCharacters(message)}`;
  const { err, ...rest } = fields as { err?: { message?: string; stack?: string } };
  const facts = [
    ...Object.entries(rest).filter(([field]) => !HIDDEN_FIELDS.has(field)),
    ...(err === undefined ? [] : [["error", err.message ?? err] as [string, unknown]]),
  ].map(([field, value]) => `${field}=${formatValue(value)}`);
  const head = [
    colourize(formatTime(time), "gray", colours),
    colourize(level.toUpperCase().padEnd(5), levelColours[level], colours),
    `${name} `,
    escapeControlCharacters(message),
    ...(facts.length > 0 ? [` ${colourize(escapeControlCharacters(facts.join(" ")), "gray", colours)}`] : []),
  ].join(" ");
  const stack = err?.stack?.split("\n").slice(1) ?? [];
  return [
    head,
    ...stack.map((line) => colourize(`${" ".repeat(18)} ${escapeControlCharacters(line)}`, "gray", colours)),
  ].join("\n");
}

function formatTime(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function formatValue(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}
