import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeCaught, readField } from "../../caught-value.ts";
import type { Counts } from "../counts.ts";
import { ConsoleLines, type LineLabels } from "../lines/console-line.ts";
import { INFRASTRUCTURE_ACCOUNT } from "../store/account.ts";
import type { BatchWriter } from "../store/batch-writer.ts";
import { DeliveryProgress } from "../store/delivery-progress.ts";
import { STREAM_FIELDS } from "../store/streams.ts";
import { beginning, type LogPosition } from "./log-position.ts";
import { type OnLine, TailedLog } from "./tailed-log.ts";

export interface TailerSettings {
  /** Folder of `NAME.log` files. */
  logs: string;
  /** File that keeps the positions. */
  positions: string;
  labelsOf(process: string): LineLabels;
  retentionMs: number;
  /** @default 131072 */
  maxLineBytes?: number | undefined;
}

const POLL_MS = 150;
const FOLDER_MS = 1000;
const MAX_LINE_BYTES = 131_072;
/** A batch is sent once it has so many characters, or when nothing is left to read. */
const BATCH_CHARS = 1 << 19;
const BATCH_BYTES = 8 << 20;
/** Documents that are made while the store takes the ones before. */
const MAX_BATCHES = 2;

/** By name of the log. */
type Positions = Record<string, LogPosition>;

interface Batch {
  documents: string[];
  chars: number;
  /** Bytes of the logs that were read for it. */
  bytes: number;
  positions: Positions;
}

/**
 * Brings every process's log to the store. The files are the buffer: while the store is away
 * nothing is read. Each log gives one chunk per turn, so that none waits for a busy one.
 */
export class Tailer {
  private readonly settings: TailerSettings;
  private readonly writer: BatchWriter;
  private readonly counts: Counts;
  private readonly logs = new Map<string, { log: TailedLog; lines: ConsoleLines }>();
  private readonly progress: DeliveryProgress<Positions>;
  private readonly stopped = new AbortController();
  private folderReadAt = 0;
  private running: Promise<void> | undefined;

  constructor(settings: TailerSettings, writer: BatchWriter, counts: Counts, epoch: () => Promise<number | undefined>) {
    this.settings = settings;
    this.writer = writer;
    this.counts = counts;
    this.progress = new DeliveryProgress<Positions>(settings.positions, {}, epoch);
  }

  async start(): Promise<void> {
    await this.progress.load();
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
    await this.progress.finish();
    for (const { log } of this.logs.values()) log.close();
  }

  /** Bytes that the logs are ahead of the store. */
  backlog(): number {
    return [...this.logs.values()].reduce((sum, { log }) => sum + log.backlog, 0);
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        await this.drain();
      } catch (error) {
        this.countError(error);
      }
      await sleep(POLL_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private countError(error: unknown): void {
    const code = readField(error, "code");
    this.counts.add("plinth_collector_errors_total", {
      part: "tailer",
      code: typeof code === "string" ? code : "none",
    });
    if (code === undefined)
      console.log(JSON.stringify({ level: "error", msg: `Logs cannot be read: ${describeCaught(error)}` }));
  }

  /** Reads until all logs are at their end. While the store takes a batch, the next is made. */
  private async drain(): Promise<void> {
    const sending: Promise<void>[] = [];
    do {
      this.findLogs();
      if (await this.progress.keep()) {
        await Promise.all(sending.splice(0));
        const positions = this.progress.rewind();
        for (const [name, { log }] of this.logs) log.rewind(positionOf(positions, name));
      }
      const batch = this.read();
      if (batch.bytes === 0) break;
      sending.push(this.send(batch));
      if (sending.length >= MAX_BATCHES) await sending.shift();
    } while (!this.stopped.signal.aborted);
    await Promise.all(sending);
  }

  private read(): Batch {
    const batch: Batch = { documents: [], chars: 0, bytes: 0, positions: {} };
    let read = 1;
    while (read > 0 && batch.chars < BATCH_CHARS && batch.bytes < BATCH_BYTES) {
      read = 0;
      for (const [name, { log, lines }] of this.logs) {
        const bytes = this.readLog(log, (line, live, cutBytes) => this.addLine(batch, lines, line, live, cutBytes));
        if (bytes > 0) batch.positions[name] = log.position;
        read += bytes;
      }
      batch.bytes += read;
    }
    return batch;
  }

  /** One that cannot be read holds up no other. */
  private readLog(log: TailedLog, onLine: OnLine): number {
    try {
      return log.read(onLine);
    } catch (error) {
      this.countError(error);
      return 0;
    }
  }

  private addLine(batch: Batch, lines: ConsoleLines, line: string, live: boolean, cutBytes?: number): void {
    if (cutBytes !== undefined) this.counts.add("plinth_collector_cut_lines_total");
    const cut = cutBytes === undefined ? {} : { cutBytes };
    const document = lines.toDocument(line, { now: Date.now(), live, ...cut });
    if (document === undefined) return;
    batch.documents.push(document);
    batch.chars += document.length;
  }

  private async send({ documents, positions }: Batch): Promise<void> {
    if (documents.length === 0) return this.accept(positions);
    const body = Buffer.from(`${documents.join("\n")}\n`);
    const isTaken = await this.writer.write(INFRASTRUCTURE_ACCOUNT, STREAM_FIELDS.line, body, documents.length);
    if (!isTaken) return;
    this.counts.add("plinth_collector_lines_total", { origin: "console" }, documents.length);
    this.accept(positions);
  }

  private accept(positions: Positions): void {
    this.progress.accept({ ...this.progress.accepted, ...positions });
  }

  private findLogs(): void {
    if (Date.now() - this.folderReadAt < FOLDER_MS) return;
    this.folderReadAt = Date.now();
    const names = new Set(logNames(this.settings.logs));
    for (const name of names) {
      if (this.logs.has(name)) continue;
      const position = positionOf(this.progress.accepted, name) ?? beginning();
      const maxLineBytes = this.settings.maxLineBytes ?? MAX_LINE_BYTES;
      this.logs.set(name, {
        log: new TailedLog(join(this.settings.logs, `${name}.log`), position, maxLineBytes),
        lines: new ConsoleLines(name, this.settings.labelsOf(name), this.settings.retentionMs),
      });
    }
    for (const [name, { log }] of this.logs) {
      if (names.has(name)) continue;
      log.close();
      this.logs.delete(name);
    }
  }
}

/** A log may have the name of a property that every object has, such as `constructor`. */
function positionOf(positions: Positions, name: string): LogPosition | undefined {
  return Object.hasOwn(positions, name) ? positions[name] : undefined;
}

function logNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".log"))
      .map((file) => file.slice(0, -".log".length));
  } catch (error) {
    // The first process makes it.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
