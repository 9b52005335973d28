import { HttpError } from "../http/http-error.ts";

/** A stream of `POST /loki/api/v1/push`, whether it came as JSON or as protobuf. */
export interface PushStream {
  labels: Record<string, string>;
  entries: PushEntry[];
}

export interface PushEntry {
  /** Nanoseconds since 1970. */
  timeNs: bigint;
  line: string;
  /** Structured metadata. */
  metadata: Record<string, string>;
}

/** Loki takes 15 labels by default. */
const MAX_LABELS = 30;
const MAX_NAME_CHARS = 100;
const MAX_VALUE_CHARS = 2048;

/** @throws HttpError 400 */
export function checkLabels(labels: Record<string, string>, where: string): void {
  const names = Object.keys(labels);
  if (names.length === 0) throw refuse(`${where} has no labels: name its service at least`);
  if (names.length > MAX_LABELS) throw refuse(`${where} has ${names.length} labels: ${MAX_LABELS} are the most`);
  for (const name of names) {
    if (name === "" || name.length > MAX_NAME_CHARS)
      throw refuse(`A label of ${where} has a name of ${name.length} characters: use 1 to ${MAX_NAME_CHARS}`);
    if (labels[name]!.length > MAX_VALUE_CHARS)
      throw refuse(
        `The label '${name}' of ${where} is longer than ${MAX_VALUE_CHARS} characters: put it into the line`,
      );
  }
}

export function refuse(sentence: string): HttpError {
  return new HttpError(400, sentence);
}
