import { jsonText } from "../lines/text.ts";
import { checkLabels, type PushEntry, type PushStream, refuse } from "./push-request.ts";

/**
 * Source: Loki's HTTP API, `{"streams": [{"stream": {…}, "values": [[ns, line, {…}?]]}]}`.
 *
 * @param now milliseconds since 1970: the time of entries that name none
 * @throws HttpError 400 naming what is wrong and where
 */
export function parsePushJson(body: string, now: number): PushStream[] {
  const { streams } = parseObject(body);
  if (!Array.isArray(streams)) throw refuse('\'streams\' is missing: send {"streams": [{"stream": …, "values": …}]}');
  return streams.map((stream: unknown, index) => {
    const where = `streams[${index}]`;
    const { stream: labels, values } = asObject(stream, where);
    if (!Array.isArray(values)) throw refuse(`${where}.values must be an array of [nanoseconds, line]`);
    const checked = texts(labels, `${where}.stream`);
    checkLabels(checked, where);
    return {
      labels: checked,
      entries: values.map((value: unknown, at) => parseEntry(value, `${where}.values[${at}]`, now)),
    };
  });
}

function parseEntry(value: unknown, where: string, now: number): PushEntry {
  if (!Array.isArray(value) || value.length < 2 || value.length > 3)
    throw refuse(`${where} must be [nanoseconds, line] or [nanoseconds, line, metadata]`);
  const [time, line, metadata] = value as unknown[];
  if (typeof line !== "string") throw refuse(`${where}[1] must be the line as text`);
  if (typeof time !== "string" || !/^\d{0,19}$/.test(time))
    throw refuse(`${where}[0] must be a text of nanoseconds since 1970, such as "${now}000000"`);
  return {
    timeNs: time === "" || time === "0" ? BigInt(now) * 1_000_000n : BigInt(time),
    line,
    metadata: metadata === undefined ? {} : texts(metadata, `${where}[2]`),
  };
}

function parseObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw refuse('The body is no JSON: send {"streams": [{"stream": …, "values": …}]}');
  }
  return asObject(value, "The body");
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse(`${where} must be an object`);
  return value as Record<string, unknown>;
}

/** Values that are no texts are written as JSON, as Loki does. */
function texts(value: unknown, where: string): Record<string, string> {
  const entries = Object.entries(asObject(value, where));
  return Object.fromEntries(entries.map(([name, text]) => [name, typeof text === "string" ? text : jsonText(text)]));
}
