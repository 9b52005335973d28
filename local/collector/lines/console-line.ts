import type { Level } from "../../page/model/log-line.ts";
import { isContinuation, levelOfText, toLevel } from "./level.ts";
import { addLineFields, type LineValue } from "./line-fields.ts";
import { LineClock, timeOfText, toMilliseconds } from "./line-time.ts";
import { salvage } from "./salvage.ts";
import { cleanText, cutText, jsonText } from "./text.ts";

export interface LineLabels {
  service: string;
  env: string;
  version: string;
}

/** How a line was read. */
export interface Reading {
  /** Milliseconds since 1970. */
  now: number;
  /** The line was written within the last moments: the file had been read to its end. */
  live: boolean;
  /** Length of a line of which only the first bytes were read. */
  cutBytes?: number;
}

/** Clocks of processes differ by less. A line that is read late may be as old as the retention. */
const MAX_SKEW_MS = 10 * 60_000;
const MAX_MESSAGE_CHARS = 131_072;
/** Each is a stream of the store, and a process may print anything. */
const MAX_VERSIONS = 10;

const DONE = new Set(["level", "severity", "time", "timestamp", "ts", "@timestamp", "msg", "message"]);

/** Turns the lines of one process into documents of the store. */
export class ConsoleLines {
  private readonly process: string;
  private readonly labels: LineLabels;
  private readonly retentionMs: number;
  private readonly clock = new LineClock();
  private readonly versions: Set<string>;
  private last: { ms: number; level: Level } | undefined;

  constructor(process: string, labels: LineLabels, retentionMs: number) {
    this.process = process;
    this.labels = labels;
    this.retentionMs = retentionMs;
    this.versions = new Set([labels.version]);
  }

  /** JSON of the line's document; undefined for an empty line. */
  toDocument(line: string, reading: Reading): string | undefined {
    const object = line.charCodeAt(0) === 123 ? (parseObject(line) ?? salvage(line)) : undefined;
    const document = object ? this.fromObject(object, reading) : this.fromText(line, reading);
    if (document === undefined) return undefined;
    if (reading.cutBytes !== undefined) document["cut.bytes"] = reading.cutBytes;
    return JSON.stringify(document);
  }

  private fromObject(fields: Record<string, unknown>, reading: Reading): Record<string, LineValue> {
    const given = fields.time ?? fields.timestamp ?? fields.ts ?? fields["@timestamp"];
    const ms = toMilliseconds(given);
    const level = toLevel(fields.level ?? fields.severity) ?? "info";
    const version = this.versionOf(fields);
    const document = this.begin(ms, level, messageOf(fields), version, reading);
    if (given !== undefined && ms !== this.last?.ms)
      document["line.time"] = cutText(typeof given === "string" ? given : jsonText(given), 64);
    addLineFields(document, fields, (name) => {
      if (name === "service") return fields.service === this.labels.service;
      return DONE.has(name) || (name === "version" && fields.version === version);
    });
    return document;
  }

  private fromText(line: string, reading: Reading): Record<string, LineValue> | undefined {
    const text = cleanText(line).trimEnd();
    if (text === "") return undefined;
    // The lines of a stack trace have the time and the level of what they explain.
    if (this.last && isContinuation(text))
      return this.begin(this.last.ms, this.last.level, text, this.labels.version, { ...reading, live: false });
    const ms = timeOfText(text);
    const document = this.begin(ms, levelOfText(text) ?? "info", text, this.labels.version, reading);
    if (ms !== undefined && ms !== this.last?.ms) document["line.time"] = new Date(ms).toISOString();
    return document;
  }

  private begin(
    given: number | undefined,
    level: Level,
    message: string,
    version: string,
    { now, live }: Reading,
  ): Record<string, LineValue> {
    const oldest = now - (live ? MAX_SKEW_MS : this.retentionMs);
    const isBelieved = given !== undefined && given >= oldest && given <= now + MAX_SKEW_MS;
    const ms = isBelieved ? given : now;
    this.last = { ms, level };
    return {
      _time: this.clock.next(ms),
      _msg: cutText(cleanText(message), MAX_MESSAGE_CHARS) || "(no message)",
      service: this.labels.service,
      env: this.labels.env,
      version,
      level,
      origin: "console",
      process: this.process,
    };
  }

  /** A process that is being replaced and its successor write to one file. */
  private versionOf({ service, version }: Record<string, unknown>): string {
    if (service !== this.labels.service || typeof version !== "string" || !/^[\w.+-]{1,64}$/.test(version))
      return this.labels.version;
    if (!this.versions.has(version) && this.versions.size >= MAX_VERSIONS) return this.labels.version;
    this.versions.add(version);
    return version;
  }
}

function messageOf({ msg, message }: Record<string, unknown>): string {
  const text = msg ?? message ?? "";
  return typeof text === "string" ? text : jsonText(text);
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
