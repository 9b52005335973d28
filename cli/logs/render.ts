import type { Level, LogRecord } from "./log-record.ts";

export interface RenderStyle {
  colours: boolean;
  /** Columns of the longest name. */
  nameWidth: number;
}

/** Whether to colour what goes to this stream; see no-color.org. */
export function supportsColour(
  stream: { isTTY?: boolean },
  { NO_COLOR = "" }: Record<string, string | undefined> = process.env,
): boolean {
  return stream.isTTY === true && NO_COLOR === "";
}

/** Text in a colour of the terminal, by its SGR number. */
export function colourize(text: string, colour: number, colours: boolean): string {
  return colours && text !== "" ? `\u001b[${colour}m${text}\u001b[0m` : text;
}

const GREY = 90;
const levelColours: Record<Level, number> = { trace: GREY, debug: GREY, info: 32, warn: 33, error: 31, fatal: 35 };
const nameColours = [36, 34, 35, 32, 33, 96, 94, 95];
/** Said once for the whole line, or of no use to a reader. */
const HIDDEN_FIELDS = new Set(["version", "pid", "hostname"]);

/**
 * `08:00:00.123 INFO  wallet  request  method=POST status=201`: time of this machine, then level,
 * service, message and fields; a stack below it.
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
  const words = [
    ...Object.entries(rest).filter(([field]) => !HIDDEN_FIELDS.has(field)),
    ...(err === undefined ? [] : [["error", err.message ?? err] as [string, unknown]]),
  ].map(([field, value]) => `${field}=${formatValue(value)}`);
  const head = [
    colourize(formatTime(time), GREY, colours),
    colourize(level.toUpperCase().padEnd(5), levelColours[level], colours),
    `${name} `,
    escapeControlCharacters(message),
    ...(words.length > 0 ? [` ${colourize(escapeControlCharacters(words.join(" ")), GREY, colours)}`] : []),
  ].join(" ");
  const stack = err?.stack?.split("\n").slice(1) ?? [];
  return [
    head,
    ...stack.map((line) => colourize(`${" ".repeat(18)} ${escapeControlCharacters(line)}`, GREY, colours)),
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

/** A log may hold what a client has sent: no escape sequence of it may reach the terminal. */
export function escapeControlCharacters(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
