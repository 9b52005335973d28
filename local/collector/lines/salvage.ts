const FIELDS =
  /"(level|time|service|version|trace_id|span_id|tenant_id|correlation_id)":("[^"\\]{0,200}"|-?[\d.]{1,24})/g;
const MESSAGE = /"(?:msg|message)":"/;
/** Loggers write these fields first. */
const HEAD_CHARS = 2048;

/**
 * The fields of a structured line that is cut or otherwise malformed JSON. The
 * message is the rest of it.
 */
export function salvage(line: string): Record<string, unknown> | undefined {
  const head = line.slice(0, HEAD_CHARS);
  const fields: Record<string, unknown> = {};
  for (const [, name = "", value = ""] of head.matchAll(FIELDS)) fields[name] ??= JSON.parse(value);
  if (fields.level === undefined || fields.time === undefined) return undefined;
  const message = MESSAGE.exec(line);
  return { ...fields, msg: message ? line.slice(message.index + message[0].length) : line };
}
