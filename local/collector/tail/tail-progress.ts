import { existsSync, readFileSync } from "node:fs";
import { writeAtomically } from "../../supervisor/atomic-file.ts";
import { Checkpoint } from "../store/checkpoint.ts";
import type { LogPosition } from "./log-position.ts";

/** By name of the log. */
export type Positions = Record<string, LogPosition>;

interface KeptPositions {
  /** When the store started that took them. */
  epoch?: number | undefined;
  accepted: Positions;
  durable: Positions;
}

const KEEP_MS = 1000;

/** Positions of all logs, in a file: the next collector goes on from them. */
export class TailProgress {
  private readonly file: string;
  private readonly readEpoch: () => Promise<number | undefined>;
  private checkpoint = new Checkpoint<Positions>({}, {});
  private epoch: number | undefined;
  private keptAt = 0;
  private kept = "";

  constructor(file: string, readEpoch: () => Promise<number | undefined>) {
    this.file = file;
    this.readEpoch = readEpoch;
  }

  get accepted(): Positions {
    return this.checkpoint.accepted;
  }

  async load(): Promise<void> {
    const kept = readKept(this.file);
    this.epoch = await this.readEpoch();
    const isSameStore = this.epoch !== undefined && kept.epoch === this.epoch;
    this.checkpoint = new Checkpoint(isSameStore ? kept.accepted : kept.durable, kept.durable);
  }

  accept(positions: Positions): void {
    this.checkpoint.accept({ ...this.checkpoint.accepted, ...positions });
  }

  /**
   * Keeps the positions, at most once a second.
   *
   * @returns true if the store was started again and may have lost what it took lately
   */
  async keep(): Promise<boolean> {
    const now = Date.now();
    if (now - this.keptAt < KEEP_MS) return false;
    this.keptAt = now;
    const isPending = this.checkpoint.accepted !== this.checkpoint.durable;
    const epoch = isPending ? await this.readEpoch() : undefined;
    const isLost = epoch !== undefined && this.epoch !== undefined && epoch !== this.epoch;
    if (epoch !== undefined && !isLost) this.checkpoint.confirm(now);
    this.epoch = epoch ?? this.epoch;
    this.save();
    return isLost;
  }

  /** @returns the positions to go back to */
  rewind(): Positions {
    return this.checkpoint.rewind();
  }

  save(): void {
    const { accepted, durable } = this.checkpoint;
    const text = JSON.stringify({ epoch: this.epoch, accepted, durable } satisfies KeptPositions);
    if (text === this.kept) return;
    writeAtomically(this.file, text);
    this.kept = text;
  }
}

function readKept(file: string): KeptPositions {
  try {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as KeptPositions;
  } catch {
    // A file that is no JSON: everything that the logs hold is sent again.
  }
  return { accepted: {}, durable: {} };
}
