import protobuf from "protobufjs/minimal.js";
import snappy from "snappyjs";
import { HttpError } from "../http/http-error.ts";
import { checkLabels, type PushEntry, type PushStream, refuse } from "./push-request.ts";

// Source: pkg/push/push.proto of Loki. PushRequest { streams = 1 }, StreamAdapter { labels = 1,
// entries = 2 }, EntryAdapter { timestamp = 1, line = 2, structuredMetadata = 3 }, LabelPairAdapter
// { name = 1, value = 2 }, google.protobuf.Timestamp { seconds = 1, nanos = 2 }.

/** @param body compressed by snappy, in its block format. @throws HttpError 400 or 413 */
export function parsePushProtobuf(body: Buffer, limit: number): PushStream[] {
  const bytes = uncompress(body, limit);
  try {
    const streams: PushStream[] = [];
    eachField(protobuf.Reader.create(bytes), (field, reader) => {
      if (field !== 1) return false;
      streams.push(readStream(reader.bytes(), `streams[${streams.length}]`));
      return true;
    });
    return streams;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw refuse("The body is not Loki's PushRequest: send protobuf compressed by snappy, or JSON as application/json");
  }
}

function uncompress(body: Buffer, limit: number): Uint8Array {
  try {
    return snappy.uncompress(body, limit);
  } catch (error) {
    if (/too big|exceeds|larger/i.test((error as Error).message))
      throw new HttpError(413, `The body is larger than ${limit} bytes: send less at once`);
    throw refuse("The body is not compressed by snappy: send protobuf in snappy's block format");
  }
}

function readStream(bytes: Uint8Array, where: string): PushStream {
  let labels = "";
  const entries: PushEntry[] = [];
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field === 1) labels = reader.string();
    else if (field === 2) entries.push(readEntry(reader.bytes()));
    else return false;
    return true;
  });
  const parsed = parseLabels(labels, where);
  checkLabels(parsed, where);
  return { labels: parsed, entries };
}

function readEntry(bytes: Uint8Array): PushEntry {
  const entry: PushEntry = { timeNs: 0n, line: "", metadata: {} };
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field === 1) entry.timeNs = readTimestamp(reader.bytes());
    else if (field === 2) entry.line = reader.string();
    else if (field === 3) Object.assign(entry.metadata, readPair(reader.bytes()));
    else return false;
    return true;
  });
  return entry;
}

function readTimestamp(bytes: Uint8Array): bigint {
  let [seconds, nanos] = [0n, 0n];
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field === 1) seconds = BigInt(reader.int64().toString());
    else if (field === 2) nanos = BigInt(reader.int32());
    else return false;
    return true;
  });
  return seconds * 1_000_000_000n + nanos;
}

function readPair(bytes: Uint8Array): Record<string, string> {
  let [name, value] = ["", ""];
  eachField(protobuf.Reader.create(bytes), (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return { [name]: value };
}

/** @param read returns false for a field that it does not know */
function eachField(reader: protobuf.Reader, read: (field: number, reader: protobuf.Reader) => boolean): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!read(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

/** `{service="wallet", env="local"}`: a selector of Prometheus with equality only. */
function parseLabels(text: string, where: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  const pair = /\s*([\w.:/-]+)\s*=\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/sy;
  while (inner !== undefined && pair.lastIndex < inner.trimEnd().length) {
    const match = pair.exec(inner);
    if (match === null) break;
    labels[match[1]!] = unquote(match[2]!);
    if (pair.lastIndex >= inner.trimEnd().length) return labels;
  }
  throw refuse(`The labels of ${where} must be written as {service="…", env="…"}`);
}

/** A text as Go quotes it. */
function unquote(quoted: string): string {
  const json = quoted
    .replace(/\\x([0-9a-fA-F]{2})/g, "\\u00$1")
    .replace(/\\a/g, "\\u0007")
    .replace(/\\v/g, "\\u000b")
    .replace(/\\'/g, "'");
  try {
    return JSON.parse(json) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}
