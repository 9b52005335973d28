import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { DocumentKind } from "../store/streams.ts";

/** Documents of one account. */
export interface SpoolEntry {
  account: number;
  kind: DocumentKind;
  count: number;
  /** Lines of JSON. */
  documents: Buffer;
}

/** Where an entry begins. */
export interface SpoolPosition {
  segment: number;
  offset: number;
}

/** The buffer has no room: the sender has to try again later. */
export class SpoolFull extends Error {}

const SEGMENT_BYTES = 8 << 20;
const MAX_HEADER_BYTES = 100;

/**
 * Buffer on disk between receivers and the store, bounded. What was appended survives the end of
 * this process, though not of the machine: it is not synchronized.
 */
export class Spool {
  private readonly folder: string;
  private readonly maxBytes: number;
  private readonly sizes = new Map<number, number>();
  /** Greatest segment that was read: a new one comes after it, whatever the clock says. */
  private newestRead = 0;
  private writing: { segment: number; fd: number } | undefined;
  private reading: { segment: number; fd: number } | undefined;

  constructor(folder: string, maxBytes: number) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(folder).filter((name) => /^\d+\.spool$/.test(name)))
      this.sizes.set(Number.parseInt(file, 10), statSync(join(folder, file)).size);
  }

  get bytes(): number {
    let sum = 0;
    for (const size of this.sizes.values()) sum += size;
    return sum;
  }

  get isEmpty(): boolean {
    return this.sizes.size === 0;
  }

  /** @throws SpoolFull if the buffer or the disk is full; then nothing was appended */
  append(entries: readonly SpoolEntry[]): void {
    const parts = entries.flatMap(({ account, kind, count, documents }) => [
      Buffer.from(`${account} ${kind} ${count} ${documents.length}\n`),
      documents,
    ]);
    const bytes = Buffer.concat(parts);
    if (this.bytes + bytes.length > this.maxBytes)
      throw new SpoolFull(`The buffer of ${this.maxBytes} bytes is full, because the log store is away or slow`);
    let opened: { segment: number; fd: number } | undefined;
    try {
      opened = this.openForWriting();
      const { segment, fd } = opened;
      const size = this.sizes.get(segment) ?? 0;
      let written = 0;
      while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, size + written);
      this.sizes.set(segment, size + bytes.length);
    } catch (error) {
      if (opened) ftruncateSync(opened.fd, this.sizes.get(opened.segment) ?? 0);
      throw new SpoolFull(
        `The buffer cannot be written (${(error as NodeJS.ErrnoException).code}): free some disk space`,
      );
    }
  }

  /** Entries from a position on, of about so many bytes, and the position behind them. */
  read(from: SpoolPosition, bytes: number): { entries: SpoolEntry[]; next: SpoolPosition } {
    this.newestRead = Math.max(this.newestRead, from.segment);
    const segment = [...this.sizes.keys()].filter((number) => number >= from.segment).sort((a, b) => a - b)[0];
    if (segment === undefined) return { entries: [], next: from };
    const offset = segment === from.segment ? from.offset : 0;
    const size = this.sizes.get(segment)!;
    const found = readEntries(this.openForReading(segment), offset, size, bytes);
    // A segment that is not written any more ends there, with or without an entry that was torn.
    if (found.entries.length === 0 && this.writing?.segment !== segment && this.hasAfter(segment))
      return this.read({ segment: segment + 1, offset: 0 }, bytes);
    return { entries: found.entries, next: { segment, offset: found.end } };
  }

  /** Deletes the segments before a position, and the one that it ends. */
  discard({ segment, offset }: SpoolPosition): void {
    for (const [number, size] of this.sizes) {
      const isRead = number < segment || (number === segment && offset >= size);
      if (!isRead || (number === segment && this.writing?.segment === number && size < SEGMENT_BYTES / 8)) continue;
      if (this.writing?.segment === number) this.closeWriting();
      if (this.reading?.segment === number) this.closeReading();
      rmSync(this.path(number), { force: true });
      this.sizes.delete(number);
    }
  }

  close(): void {
    this.closeWriting();
    this.closeReading();
  }

  private hasAfter(segment: number): boolean {
    return [...this.sizes.keys()].some((number) => number > segment);
  }

  private openForWriting(): { segment: number; fd: number } {
    if (this.writing && this.sizes.get(this.writing.segment)! < SEGMENT_BYTES) return this.writing;
    this.closeWriting();
    // Never a number that was used: positions name segments.
    const segment = Math.max(Date.now(), this.newestRead + 1, ...[...this.sizes.keys()].map((number) => number + 1));
    const fd = openSync(this.path(segment), "wx", 0o600);
    this.sizes.set(segment, 0);
    this.writing = { segment, fd };
    return this.writing;
  }

  private openForReading(segment: number): number {
    if (this.reading?.segment === segment) return this.reading.fd;
    this.closeReading();
    this.reading = { segment, fd: openSync(this.path(segment), "r") };
    return this.reading.fd;
  }

  private closeWriting(): void {
    if (this.writing) closeSync(this.writing.fd);
    this.writing = undefined;
  }

  private closeReading(): void {
    if (this.reading) closeSync(this.reading.fd);
    this.reading = undefined;
  }

  private path(segment: number): string {
    return join(this.folder, `${segment}.spool`);
  }
}

function readEntries(fd: number, from: number, size: number, bytes: number): { entries: SpoolEntry[]; end: number } {
  const entries: SpoolEntry[] = [];
  let offset = from;
  while (offset < size && offset - from < bytes) {
    const head = readBytes(fd, offset, Math.min(MAX_HEADER_BYTES, size - offset)).toString("latin1");
    const header = /^(\d+) (line|span) (\d+) (\d+)\n/.exec(head);
    if (header === null) break;
    const [text, account, kind, count, length] = header;
    const start = offset + text.length;
    if (start + Number(length) > size) break;
    const documents = readBytes(fd, start, Number(length));
    entries.push({ account: Number(account), kind: kind as DocumentKind, count: Number(count), documents });
    offset = start + Number(length);
  }
  return { entries, end: offset };
}

function readBytes(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, position));
}
