import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** Rotated logs that the supervisor keeps: `x.log.1` is the newest. */
const ROTATIONS = [1, 2, 3];
/** Bytes before a position by which its file is recognized. */
export const MARK_BYTES = 64;

/** How far a log was read. */
export interface LogPosition {
  /** Byte of the file where the next line begins. */
  offset: number;
  /** Base64 of up to 64 bytes before the offset: another content at that place is another log. */
  mark: string;
  /** The rest of a line that was cut comes next. */
  skipping: boolean;
  /** Milliseconds since 1970 of the last read. */
  readAt: number;
}

/** Of a log that is read from now on: older rotations of it are none of its content. */
export const beginning = (): LogPosition => ({ offset: 0, mark: "", skipping: false, readAt: Date.now() });

/** A file that is read up to its end before the live one. */
export interface RotatedLog {
  fd: number;
  position: LogPosition;
}

/**
 * Copies of a log that was truncated, the oldest first: the one that holds what follows `position`,
 * and all newer ones. If none holds it, those that were made since the last read.
 */
export function openUnreadRotations(path: string, position: LogPosition): RotatedLog[] {
  const unread: RotatedLog[] = [];
  for (const number of ROTATIONS) {
    const fd = openIfThere(`${path}.${number}`);
    if (fd === undefined) break;
    if (hasMark(fd, position)) return [{ fd, position }, ...unread];
    if (fstatSync(fd).mtimeMs > position.readAt) unread.unshift({ fd, position: beginning() });
    else closeSync(fd);
  }
  return unread;
}

function hasMark(fd: number, { offset, mark }: LogPosition): boolean {
  const expected = Buffer.from(mark, "base64");
  const found = Buffer.alloc(expected.length);
  return (
    expected.length > 0 &&
    readSync(fd, found, 0, found.length, offset - expected.length) === found.length &&
    found.equals(expected)
  );
}

export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // A link to itself, or a folder that nobody may enter: there is nothing to read.
    return 0;
  }
}
