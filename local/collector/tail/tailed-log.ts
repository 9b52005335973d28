import { closeSync, readSync } from "node:fs";
import {
  beginning,
  type LogPosition,
  MARK_BYTES,
  openIfThere,
  openUnreadRotations,
  type RotatedLog,
  sizeOf,
} from "./log-position.ts";

/** @param cutBytes length of a line of which `line` is only the first part */
export type OnLine = (line: string, live: boolean, cutBytes?: number) => void;

/** Bytes that are read at once. A longer line is cut there at the latest. */
export const CHUNK_BYTES = 256 * 1024;
/** After this pause a line counts as whole, although nothing ends it. */
const UNTERMINATED_MS = 1000;

const chunk = Buffer.allocUnsafe(MARK_BYTES + CHUNK_BYTES);

/** Reads the lines of one log, across rotations. */
export class TailedLog {
  readonly path: string;
  private readonly maxLineBytes: number;
  private readonly first: LogPosition;
  private current: LogPosition;
  private consumed: LogPosition;
  private rotated: RotatedLog[] = [];
  /** Size of the file while its last line has no end, and since when. */
  private unterminated: { size: number; since: number } | undefined;
  private atEnd = false;

  constructor(path: string, position: LogPosition, maxLineBytes: number) {
    this.path = path;
    this.first = position;
    this.current = position;
    this.consumed = position;
    this.maxLineBytes = maxLineBytes;
  }

  /** What was read last, in a rotated log or in the live one. Reading can go on from it. */
  get position(): LogPosition {
    return this.consumed;
  }

  /** Bytes of the live file that were not read. */
  get backlog(): number {
    return Math.max(0, sizeOf(this.path) - this.current.offset);
  }

  /** @param position @default where it was first read */
  rewind(position: LogPosition = this.first): void {
    this.close();
    this.current = position;
    this.consumed = position;
    this.unterminated = undefined;
    this.atEnd = false;
    // Nothing at the beginning of a file tells that it is still the same one.
    if (position.mark === "") this.rotated = openUnreadRotations(this.path, position);
  }

  close(): void {
    for (const { fd } of this.rotated.splice(0)) closeSync(fd);
  }

  /** Reads one chunk at most. @returns bytes that were read; 0 at the end */
  read(onLine: OnLine): number {
    const older = this.rotated[0];
    if (older) return this.readRotated(older, onLine);
    const size = sizeOf(this.path);
    if (size === this.current.offset || this.isWaiting(size)) {
      this.atEnd = true;
      return 0;
    }
    const fd = size < this.current.offset ? undefined : openIfThere(this.path);
    if (fd === undefined) return this.startOver(size, onLine);
    try {
      const options = { isEnd: size === this.unterminated?.size, maxLineBytes: this.maxLineBytes };
      const next = readChunk(fd, this.current, options, (line, cut) => onLine(line, this.atEnd, cut));
      return next === undefined ? this.startOver(size, onLine) : this.advance(next, size);
    } finally {
      closeSync(fd);
    }
  }

  private isWaiting(size: number): boolean {
    return this.unterminated?.size === size && Date.now() - this.unterminated.since < UNTERMINATED_MS;
  }

  private advance(next: LogPosition, size: number): number {
    const consumed = next.offset - this.current.offset;
    const isUnterminated = next.offset < size && size - next.offset < CHUNK_BYTES;
    this.unterminated = isUnterminated && consumed === 0 ? { size, since: Date.now() } : undefined;
    this.atEnd = next.offset === size;
    this.current = next;
    if (consumed > 0) this.consumed = next;
    return consumed;
  }

  /** The file was truncated, or is another one. */
  private startOver(size: number, onLine: OnLine): number {
    this.rotated = openUnreadRotations(this.path, this.current);
    this.current = beginning();
    this.unterminated = undefined;
    this.atEnd = false;
    return this.rotated.length > 0 || size > 0 ? this.read(onLine) : 0;
  }

  private readRotated(log: RotatedLog, onLine: OnLine): number {
    const options = { isEnd: true, maxLineBytes: this.maxLineBytes };
    const next = readChunk(log.fd, log.position, options, (line, cut) => onLine(line, false, cut));
    const read = next === undefined ? 0 : next.offset - log.position.offset;
    if (next !== undefined && read > 0) {
      log.position = next;
      this.consumed = next;
      return read;
    }
    closeSync(log.fd);
    this.rotated.shift();
    return this.read(onLine);
  }
}

/**
 * @param isEnd whether what follows the last line break is a line, too
 * @returns undefined if the bytes before the position are not those that were read
 */
function readChunk(
  fd: number,
  position: LogPosition,
  { isEnd, maxLineBytes }: { isEnd: boolean; maxLineBytes: number },
  onLine: (line: string, cutBytes?: number) => void,
): LogPosition | undefined {
  const mark = Buffer.from(position.mark, "base64");
  const length = readSync(fd, chunk, 0, mark.length + CHUNK_BYTES, position.offset - mark.length);
  if (chunk.compare(mark, 0, mark.length, 0, Math.min(mark.length, length)) !== 0) return undefined;
  let { skipping } = position;
  let start = mark.length;
  const emit = (end: number) => {
    if (!skipping && end > start) {
      const isCut = end - start > maxLineBytes;
      const line = chunk.toString("utf8", start, isCut ? start + maxLineBytes : end);
      onLine(line, isCut ? end - start : undefined);
    }
    skipping = false;
  };
  const bytes = chunk.subarray(0, length);
  for (let end = bytes.indexOf(10, start); end !== -1; end = bytes.indexOf(10, start)) {
    emit(end);
    start = end + 1;
  }
  const isFull = length - mark.length === CHUNK_BYTES;
  if (skipping && start < length) start = length;
  else if (start === mark.length && isFull) {
    // One line is longer than a chunk: its first part is the line.
    emit(length);
    skipping = true;
    start = length;
  } else if (isEnd && !isFull && start < length) {
    emit(length);
    start = length;
  }
  return {
    offset: position.offset + start - mark.length,
    mark: chunk.toString("base64", Math.max(0, start - MARK_BYTES), start),
    skipping,
    readAt: Date.now(),
  };
}
