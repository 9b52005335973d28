import { levelOfText, toLevel } from "./level.ts";
import { addLineFields, FieldBudget, type LineValue } from "./line-fields.ts";
import { cleanText, cutText, jsonText } from "./text.ts";

const MAX_MESSAGE_CHARS = 131_072;
/** Loki finds a stream's service by these labels, too. */
const SERVICE_LABELS = ["service", "service_name", "app", "job"];
const DONE = new Set(["level", "severity", "detected_level", "msg", "message"]);

/**
 * JSON of the document of a line that was pushed. It belongs to the account of its sender, and
 * nothing that it says makes it a span or the line of a console.
 */
export function toPushedDocument(
  labels: Record<string, string>,
  metadata: Record<string, string>,
  line: string,
  timeNs: bigint,
): string {
  const fields = parseLine(line);
  const given = fields?.msg ?? fields?.message;
  const message = given === undefined ? line : typeof given === "string" ? given : jsonText(given);
  const level =
    toLevel(labels.level ?? metadata.level ?? metadata.detected_level ?? fields?.level ?? fields?.severity) ??
    levelOfText(fields === undefined ? line : message);
  const service = SERVICE_LABELS.map((name) => labels[name]).find((value) => value) ?? "unknown";
  const document: Record<string, LineValue> = {
    _time: String(timeNs),
    _msg: cutText(cleanText(message), MAX_MESSAGE_CHARS) || "(no message)",
    service,
    ...(labels.env ? { env: labels.env } : {}),
    ...(labels.version ? { version: labels.version } : {}),
    level: level ?? "info",
    origin: "push",
  };
  const { env, version } = labels;
  const isSaid = (name: string, value: unknown) =>
    (name === "service" && value === service) ||
    (name === "env" && value === env) ||
    (name === "version" && value === version);
  const budget = new FieldBudget();
  const add = (part: Record<string, unknown>, room?: FieldBudget) =>
    addLineFields(document, part, (name) => DONE.has(name) || isSaid(name, part[name]), room);
  add(fields ?? {}, budget);
  add(metadata, budget);
  // The most certain of the three, and bounded already.
  add(labels);
  return JSON.stringify(document);
}

function parseLine(line: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
