import { closeSync, openSync, readSync, statSync } from "node:fs";

const LAST_BYTES = 4096;

/** One log, read from near its end; a rotated log is read from its new start. */
export class Tail {
  private readonly file: string;
  private readonly prefix: string;
  private position: number;
  private rest = "";

  constructor(file: string, prefix: string) {
    this.file = file;
    this.prefix = prefix;
    this.position = Math.max(0, statSync(file).size - LAST_BYTES);
    // The first line is cut unless the file is short.
    if (this.position > 0) this.rest = "… ";
  }

  print(): void {
    const { size } = statSync(this.file);
    if (size < this.position) this.position = 0;
    const buffer = Buffer.alloc(size - this.position);
    const file = openSync(this.file, "r");
    readSync(file, buffer, 0, buffer.length, this.position);
    closeSync(file);
    this.position = size;
    const lines = (this.rest + buffer.toString("utf8")).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) console.log(this.prefix + line);
  }
}
